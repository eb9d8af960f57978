"""What people of the demo write about their clients. Invented; officers write what was seen and said, no more."""

from collections.abc import Mapping

from . import shares

ASKED: Mapping[str, tuple[str, ...]] = {
    shares.SUICIDAL: (
        "Says they do not want to live any more",
        "Told a relative goodbye by text this evening",
        "Stood at the railing of the footbridge, came down when spoken to",
        "Wrote a note; found by a neighbor who called",
    ),
    shares.LOW: (
        "Has not left the apartment for weeks and cannot sleep",
        "Cried through the whole call, says nothing helps",
        "Panic at work for the third time this month",
        "Lost a parent in spring and has stopped going out",
    ),
    shares.USE: (
        "Asks for help to stop drinking",
        "Wants a place, uses every day and is tired of it",
        "Came in with a bag packed and asks where to start",
        "Has stopped twice and wants somebody to talk to",
    ),
    shares.OVERDOSE: (
        "Found not breathing, woke after naloxone",
        "Second time this season; woke up on the way to the ambulance",
        "A friend gave naloxone before we came",
        "Woke after two doses and did not want to be taken to the hospital",
    ),
    shares.PSYCHOSIS: (
        "Hears people through the wall and has not slept for days",
        "Was directing traffic and said it had been asked of them",
        "Believes the mail is poisoned; lives alone",
        "Speaks very fast, gave away the furniture this week",
    ),
    shares.FAMILY: (
        "Ran from home after a quarrel and was found at the library",
        "The school asked for somebody to talk to the family",
        "Parent and child both ask for help before it gets worse",
        "Has not been to school for a month",
    ),
    shares.DEMENTIA: (
        "Was found walking by the river in slippers, looking for a house that is gone",
        "Calls the desk every night about strangers in the yard",
        "Left the stove on again; the neighbor worries",
        "Could not say where home is",
    ),
    shares.DEVELOPMENTAL: (
        "Upset by the move to a new house; staff ask for advice",
        "Left the day program on foot and was afraid of the siren",
    ),
    shares.HOUSING: (
        "Sleeps in the car since the lease ended",
        "Has not eaten today and has nowhere to go tonight",
        "Lives behind the market; the owner asks for help, not for an arrest",
    ),
}
"""What the help is asked for."""

SEEN = (
    "Spoke quietly and answered every question. Nothing seen that could hurt anybody. Would like to be called.",
    "Calm once we sat down. A relative is there and stays tonight. Best time to call is after four.",
    "Did not want to come along and did not have to. Took the card and said tomorrow would be all right.",
    "Agreed to be contacted by phone. Please do not leave a message on the house line.",
    "There is a dog in the yard, friendly. Ring at the side door.",
    "Asked for somebody who is not in uniform. We waited until the call ended and left.",
)
"""What an officer adds."""

MET = (
    "Met at home. Sleeps four hours, eats once a day, works part time. Wants to feel useful again.",
    "Talked for an hour by phone. Has somebody to call at night and knows the number 988.",
    "Came to the office with a sister. Knows what helped last time and would do it again.",
    "Seen with the officer who had called. Safe tonight; a plan is written down and kept on the fridge.",
    "Reached on the third try. Would rather meet outside than at the station.",
    "Saw the family together. They agreed on who does what until Friday.",
)
"""What a clinician writes after the first meeting."""

ENDED = (
    "Is with somebody who helps now and knows how to reach us.",
    "Feels better and wants no more calls; the door stays open.",
    "Goes to the group on Tuesdays. We call once more in a month.",
    "Moved to a sister's in another county; given the numbers there.",
    "All that was planned is done.",
)
CAME = (
    "Came in on time and is settling in.",
    "Arrived with a coordinator, was seen the same hour.",
    "Came by ride, had lunch with the others, stays.",
)
STAYED = (
    "Finished as planned; next visit is arranged.",
    "Went on to a place nearer home.",
    "Stays with us in the day program.",
)
CALLED = (
    "Called three times at different hours and went by once.",
    "The number is not in service, and nobody knows the name at the door.",
)
VISITED = (
    "Two of us went by in plain clothes.",
    "Went by at noon with the coach.",
    "Rang twice, spoke with the aunt at the door.",
)
