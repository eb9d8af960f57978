"""Nothing asks for consents by agency and end, or for restrictions that are open: two indexes less to keep."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("consents", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="consentterms", name="consent_terms_ending"),
        migrations.RemoveIndex(model_name="restriction", name="restriction_open"),
    ]
