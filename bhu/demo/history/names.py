"""Names of the demo's clients, all invented: short and very long ones, with accents, from several languages.

None is the name of somebody who works in Merrow County (``bhu.demo.people``).
"""

from collections.abc import Mapping
from types import MappingProxyType

Given = Mapping[str, tuple[str, ...]]

_WOMEN = (
    "Abigale", "Annika", "Aubrielle", "Beatrix", "Bernadine", "Bo", "Calla", "Celestine", "Chidera", "Claribel",
    "Corrine", "Dagny", "Darlena", "Dinah", "Dorothea", "Edwina", "Elodie", "Esmée", "Ettie", "Fenella", "Floris",
    "Georgiana", "Greer", "Hanneke", "Hester", "Imara", "Isolde", "Jacinta", "Jolene", "Juno", "Keziah", "Lark",
    "Lavinia", "Liesel", "Lottie", "Maeve", "Marguerite", "Mary-Katherine", "Minna", "Myrtle", "Nadia", "Noor",
    "Opal", "Ottilie", "Petra", "Philippa", "Priya", "Ramona", "Renée", "Rosalind", "Saskia", "Senna", "Shanice",
    "Sigrid", "Tabitha", "Tamsin", "Thisbe", "Una", "Verity", "Winifred", "Xanthe", "Yolanda", "Zelda", "Zoë",
)  # fmt: skip
_MEN = (
    "Abram", "Alaric", "Alphonse", "Amos", "Anselm", "Ansel", "Asa", "Augustin", "Barnaby", "Bastian", "Bertrand",
    "Caleb", "Casimir", "Cedric", "Clement", "Cosmo", "Dashiell", "DeMarcus", "Desmond", "Dov", "Ebenezer", "Emeric",
    "Ephraim", "Everett", "Fergus", "Fitzgerald", "Gideon", "Godfrey", "Hamish", "Hiram", "Ignatius", "Isidore",
    "Jabari", "Jasper", "Jean-Baptiste", "Jebediah", "Kofi", "Lazlo", "Leopold", "Loïc", "Lucius", "Malachi",
    "Matthias", "Mordecai", "Niles", "Noël", "Obadiah", "Olaf", "Oskar", "Percival", "Phineas", "Quentin", "Rafferty",
    "Roscoe", "Rupert", "Sebastian", "Silas", "Søren", "Tavish", "Thaddeus", "Tobiah", "Ulric", "Wendell", "Zebulon",
)  # fmt: skip
_EITHER = ("Ash", "Briar", "Ember", "Linden", "Onyx", "Sage", "Wren")

GIVEN: Mapping[str, Given] = MappingProxyType(
    {
        "en": {"female": _WOMEN, "male": _MEN, "other": _EITHER},
        "es": {
            "female": ("Altagracia", "Belén", "Consuelo", "Esperanza", "Inés", "María Ángeles", "Pilar", "Rocío"),
            "male": ("Anacleto", "Eusebio", "Íñigo", "José Ángel", "Nicanor", "Ramón", "Wilfrido"),
            "other": ("Cruz", "Guadalupe", "Trinidad"),
        },
        "pt": {
            "female": ("Conceição", "Graça", "Luzia", "Assunção", "Vitória"),
            "male": ("Adérito", "João Batista", "Nuno", "Simão", "Valdemar"),
            "other": ("Ariel", "Darci"),
        },
        "km": {
            "female": ("Bopha", "Chanthavy", "Kolab", "Sokunthea", "Sreyneang"),
            "male": ("Borey", "Dara", "Narith", "Samnang", "Vuthy"),
            "other": ("Chenda", "Rith"),
        },
        "other": {
            "female": ("Amarachi", "Fadwa", "Jadwiga", "Nhung", "Oksana", "Yeva"),
            "male": ("Bogdan", "Chukwuemeka", "Huy", "Miroslav", "Tariq", "Wojciech"),
            "other": ("Ocean", "Tal"),
        },
    }
)
"""Given names by language and gender."""

FAMILY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": (
            "Abbotsmere", "Alderkin", "Appleyard-Fenwright", "Ashcombe", "Barrowclough", "Beechling", "Bellweather",
            "Blackmoor", "Bramblewick", "Brightwater", "Brookfelt", "Cartwell", "Chalkstone", "Cherrywine",
            "Cloverdale", "Cobbleston", "Copperfold", "Cragmoor", "Crowhurst", "Dappleby", "Deepdale", "Dewhirst",
            "Drumlin", "Dunlark", "Eastermoor", "Eelbrook", "Emberly", "Everdene", "Farthingale", "Featherstoke",
            "Fernsby", "Flintwood", "Foxgrave", "Frostwick", "Gallowglen", "Gladwater", "Goldfinchley", "Goosey",
            "Gorsebank", "Granger-Holloway", "Hallowbrook", "Harefield", "Harkaway", "Hartsease", "Hazelrigg",
            "Heathershaw", "Hedgerley", "Hollinsgate", "Honeychurch", "Hoverstone", "Inkpenn", "Ironbridge",
            "Jewelweed", "Kettlewick", "Kingcup", "Knotgrass", "Lambsfold", "Lanternman", "Larkspurgh",
            "Lightfoote", "Lockridge-O’Meara", "Longacre", "Maidenhall", "Marchmoor", "Marlpit", "Meadowsweet",
            "Millpondham", "Mistlethwaite", "Moonraker", "Mulberry", "Nettlefold", "Nightingill", "Nutwell",
            "Oatlea", "O’Dunnegan", "Orchardson", "Osierby", "Owlerton", "Peacehaven", "Pebbleton", "Penhallurick",
            "Pettigrove", "Plumridge", "Quillfeather", "Rainbird", "Redfearnley", "Ridgeback", "Rooksnest",
            "Rushmere", "Saffronwald", "Saltmarsh", "Sandpiper", "Sedgemoor", "Shadwell-Pryce", "Sheepwash",
            "Snowdrop", "Sparrowhill", "Starkweathers", "Stillwater", "Stoneybatter", "Summerhayes", "Swallowfield",
            "Tansyworth", "Thistlewood-Marchbanks", "Threadgould", "Turnpike", "Umberleigh", "Vetchling", "Wagtail",
            "Waterlowe", "Wayfarer", "Wherryman", "Whitethorne", "Willowherb", "Winterbourn", "Woolsack",
            "Wychwood", "Yarrowby", "Yewtree",
        ),
        "es": (
            "Alcornoque", "Bracamontes del Río", "Cañadilla", "Espinalba", "Güemesa", "Montenegrín", "Peñalosilla",
            "Quiñonera", "Ríosecano", "Valdelomas",
        ),
        "pt": (
            "Brejão", "Carvalhinha", "Fontão", "Gonçalvete", "Mourão-Seixal", "Pinhalzinho", "Ribeirinha",
        ),
        "km": ("Chhoeunlay", "Keopraseth", "Nhemsarin", "Prakbunrath", "Sokhavong", "Vannakchea"),
        "other": (
            "Achterbergh", "Bùixuyên", "Dąbrowiecka", "Ezeokwudo", "Halabiyya", "Kovalenchuk", "Öztürkan",
            "Szczęsny",
        ),
    }
)  # fmt: skip
"""Family names by language."""

STREETS = (
    "Bell Alley", "Cooper's Rise", "Dyer Street", "Ferrier Close", "Gasworks Lane", "Hayloft Court", "Ironmonger Row",
    "Kiln Street", "Lock Road", "Mason's Yard", "Old Toll Road", "Potter Street", "Ropewalk", "Saddler Way",
    "Tinsmith Row", "Upper Weir", "Weaver Street", "Wharf Terrace",
)  # fmt: skip
