"""The set-up of a chain works as it is written, up to the mails of an outage."""

import re

import pytest

from tests.docs.test_accounts import BLOCK, shell
from tests.support import services
from tests.support.mailbox import mailbox
from tests.support.processes import BEARER, PROJECT, new_database

PAGE = PROJECT / "docs" / "set-up.md"
MAIL = re.compile(r"```text\n(.*?)```", re.DOTALL)
ADDRESS = "https://pier-39.example.com/"  # it does not exist


def timeless(text):
    return re.sub(
        r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", "Day", re.sub(r"\d+", "0", text)
    )


@pytest.mark.django_db
def test_it_leads_from_an_empty_database_to_the_mails_of_an_outage(tmp_path):
    for name in (".venv", "manage.py"):
        (tmp_path / name).symlink_to(PROJECT / name)
    (tmp_path / ".curlrc").write_text(
        f'header = "Authorization: {BEARER["Authorization"]}"\n'
    )
    *set_up, outage, end = BLOCK.findall(PAGE.read_text())
    with mailbox() as box, new_database() as database_url:
        variables = {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(box.port),
            "SITE_URL": "http://127.0.0.1:8000",
            "PROBE_NETWORKS": "127.0.0.0/8",
        }

        def mail(subject):
            return [one for one in box.mails if one["Subject"].startswith(subject)]

        with (
            pytest.MonkeyPatch.context() as environment,
            services.serving(database_url, **variables) as service,
        ):
            for name, value in variables.items():
                environment.setenv(name, value)
            answering = f"http://127.0.0.1:{service.port}/livez"
            script = "".join(set_up).replace(ADDRESS, answering)
            assert "Set 1 probes" in shell(script, service, tmp_path)
            assert mail("Test of Restaurant Monitor")
            shell(outage, service, tmp_path)
            [told] = services.wait_for(
                "the outage is told", service, lambda: mail("Down: The Dock since ")
            )
            shell(end, service, tmp_path)
            services.wait_for(
                "its end is told", service, lambda: mail("Back up: The Dock at ")
            )
        [shown] = MAIL.findall(PAGE.read_text())
        body = told.get_payload(decode=True).decode().replace("\r\n", "\n")
        assert timeless(body).strip() == timeless(shown).strip()
        assert len(mail("Down: The Dock")) == 1
