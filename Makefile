# Everything a contributor runs. Set-up is manage.py's; here only what is checked, and in which order.
PY := .venv/bin/python

# What `check --deploy` needs to see to judge a production installation; none of it is ever connected to. The rights
# of the database role are judged by tests/bhu/test_production.py on a real server.
PRODUCTION := BHU_MODE=production SECRET_KEY=$(shell head -c 48 /dev/urandom | base64 | tr -d '/+=\n') \
	ALLOWED_HOSTS=bhu.example.org CELERY_BROKER_URL=amqp://mq.example.org// BHU_TLS_PROXY=true \
	DATABASE_URL=sqlite:///var/none.sqlite3 SHRED_DATABASE_URL=sqlite:///var/none-shred.sqlite3 \
	BHU_KMS=tests.keyservice.provider BHU_NETWORK_ROOT=example BHU_BASE_URL=https://bhu.example.org \
	EMAIL_URL=smtp+tls://mail.example.org:587 BHU_MAIL_FROM=bhu@example.org

.PHONY: up test check format static marks bench lock ready chromium screenshots

up:
	python3 manage.py up

test:
	python3 manage.py test

check: ready static marks

static:
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m djlint --check --lint --quiet .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

chromium:
	@python3 tests/browser/chromium.py

screenshots: ready
	@$(PY) -m tests.browser.screenshots $(if $(WHOLE),--whole) $(INTO) $(PAGES)

# Drills by themselves: they starve whatever runs beside them.
marks: ready
	python3 manage.py test -m "browser or fuzz"
	python3 manage.py test -m drill

format: ready
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
	$(PY) -m djlint --reformat --quiet .

bench:
	python3 manage.py bench

lock: ready
	$(PY) -m uv pip compile $(LOCK) -o requirements.lock pyproject.toml
	$(PY) -m uv pip compile $(LOCK) -o requirements-dev.lock --extra dev pyproject.toml

ready:
	@python3 manage.py setup

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
