"""Notices from before there was anything to send them by are over: nobody wants a year of them at once."""

from django.db import migrations
from django.db.models import F


def close(apps, _schema_editor):
    apps.get_model("referrals", "Notice").objects.filter(addressed_at=None).update(addressed_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("referrals", "0008_notice_addressed")]
    operations = [migrations.RunPython(close, migrations.RunPython.noop)]
