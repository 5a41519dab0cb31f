CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE organizations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	created_at DATETIME NOT NULL
);

CREATE TABLE users (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	email TEXT NOT NULL, 
	name TEXT NOT NULL, 
	password_hash TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	disabled_at DATETIME, 
	CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE members (
	organization_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	role TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_members PRIMARY KEY (organization_id, user_id), 
	CONSTRAINT fk_members_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id), 
	CONSTRAINT fk_members_user_id FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE projects (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	organization_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT fk_projects_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id), 
	CONSTRAINT uq_projects_organization_id_name UNIQUE (organization_id, name)
);

CREATE TABLE sessions (
	token_hash TEXT NOT NULL, 
	user_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	last_used_at DATETIME, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE api_keys (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	prefix TEXT NOT NULL, 
	secret_hash TEXT NOT NULL, 
	role TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME, 
	revoked_at DATETIME, 
	last_used_at DATETIME, 
	CONSTRAINT fk_api_keys_project_id FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT uq_api_keys_secret_hash UNIQUE (secret_hash)
);

CREATE INDEX ix_api_keys_project_id ON api_keys (project_id);

CREATE TABLE assistants (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	published_version INTEGER, 
	created_at DATETIME NOT NULL, 
	archived_at DATETIME, 
	CONSTRAINT fk_assistants_project_id FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE INDEX ix_assistants_project_id ON assistants (project_id);

CREATE TABLE audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	organization_id INTEGER NOT NULL, 
	project_id INTEGER, 
	actor TEXT NOT NULL, 
	action TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	detail JSON NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT fk_audit_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id), 
	CONSTRAINT fk_audit_project_id FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE INDEX ix_audit_organization_id_at ON audit (organization_id, at);

CREATE TABLE credentials (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	provider TEXT NOT NULL, 
	name TEXT NOT NULL, 
	account TEXT NOT NULL, 
	base_url TEXT, 
	key_id TEXT NOT NULL, 
	wrapped_key BLOB NOT NULL, 
	ciphertext BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, retired JSON, verified_at DATETIME, 
	CONSTRAINT fk_credentials_project_id FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT uq_credentials_project_id_name UNIQUE (project_id, name)
);

CREATE INDEX ix_credentials_key_id ON credentials (key_id);

CREATE UNIQUE INDEX uq_credentials_project_id_provider_account ON credentials (project_id, provider, account) WHERE account != '';

CREATE TABLE assistant_versions (
	assistant_id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	body JSON NOT NULL, 
	note TEXT NOT NULL, 
	created_by INTEGER, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_assistant_versions PRIMARY KEY (assistant_id, version), 
	CONSTRAINT fk_assistant_versions_assistant_id FOREIGN KEY(assistant_id) REFERENCES assistants (id), 
	CONSTRAINT fk_assistant_versions_created_by FOREIGN KEY(created_by) REFERENCES users (id)
);

CREATE TABLE conversations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	assistant_id INTEGER NOT NULL, 
	assistant_version INTEGER NOT NULL, 
	direction TEXT NOT NULL, 
	status TEXT NOT NULL, 
	caller TEXT NOT NULL, 
	callee TEXT NOT NULL, 
	arguments JSON NOT NULL, 
	metadata JSON NOT NULL, 
	call_status TEXT, 
	end_reason TEXT, 
	usage JSON, 
	journal_path TEXT, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	ended_at DATETIME, 
	recorded_at DATETIME, erased_at DATETIME, unfiled BOOLEAN DEFAULT 0 NOT NULL, usual_ms INTEGER, slowest_ms INTEGER, answers JSON, note TEXT, channel TEXT DEFAULT 'phone' NOT NULL, 
	CONSTRAINT fk_conversations_assistant_id FOREIGN KEY(assistant_id) REFERENCES assistants (id), 
	CONSTRAINT fk_conversations_project_id FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE INDEX ix_conversations_assistant_id_created_at ON conversations (assistant_id, created_at);

CREATE INDEX ix_conversations_project_id_created_at_id ON conversations (project_id, created_at, id);

CREATE TABLE deployments (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	assistant_id INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	demo BOOLEAN NOT NULL, 
	credential_id INTEGER, 
	phone_number TEXT, 
	options JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, carrier TEXT DEFAULT 'twilio' NOT NULL, 
	CONSTRAINT fk_deployments_assistant_id FOREIGN KEY(assistant_id) REFERENCES assistants (id), 
	CONSTRAINT fk_deployments_credential_id FOREIGN KEY(credential_id) REFERENCES credentials (id), 
	CONSTRAINT fk_deployments_project_id FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT uq_deployments_assistant_id_channel UNIQUE (assistant_id, channel)
);

CREATE INDEX ix_deployments_credential_id ON deployments (credential_id);

CREATE TABLE contexts (
	id CHAR(32) NOT NULL, 
	conversation_id INTEGER NOT NULL, 
	project_id INTEGER NOT NULL, 
	assistant_id INTEGER NOT NULL, 
	direction TEXT NOT NULL, 
	credential_id INTEGER NOT NULL, 
	carrier_account TEXT NOT NULL, 
	carrier_call_id TEXT, 
	attempt INTEGER NOT NULL, 
	host TEXT NOT NULL, 
	status TEXT NOT NULL, 
	verified BOOLEAN, 
	call_status TEXT, 
	call_status_sequence INTEGER, 
	call_status_reason TEXT, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	claimed_at DATETIME, 
	ended_at DATETIME, holder TEXT, ask_at DATETIME, carrier TEXT DEFAULT 'twilio' NOT NULL, 
	CONSTRAINT pk_contexts PRIMARY KEY (id), 
	CONSTRAINT fk_contexts_assistant_id FOREIGN KEY(assistant_id) REFERENCES assistants (id), 
	CONSTRAINT fk_contexts_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE, 
	CONSTRAINT fk_contexts_project_id FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT uq_contexts_account_sid_call_sid_attempt UNIQUE (carrier_account, carrier_call_id, attempt)
);

CREATE INDEX ix_contexts_assistant_id_status ON contexts (assistant_id, status);

CREATE INDEX ix_contexts_carrier_call_id ON contexts (carrier_call_id);

CREATE INDEX ix_contexts_conversation_id ON contexts (conversation_id);

CREATE INDEX ix_contexts_status_expires_at ON contexts (status, expires_at);

CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	conversation_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	happening JSON NOT NULL, 
	CONSTRAINT fk_events_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);

CREATE INDEX ix_events_conversation_id_at ON events (conversation_id, at);

CREATE TABLE metrics (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	conversation_id INTEGER NOT NULL, 
	turn_id INTEGER, 
	name TEXT NOT NULL, 
	value DOUBLE NOT NULL, 
	CONSTRAINT fk_metrics_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);

CREATE INDEX ix_metrics_conversation_id ON metrics (conversation_id);

CREATE TABLE recordings (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	conversation_id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	duration_ms INTEGER NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, shape BLOB, 
	CONSTRAINT fk_recordings_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);

CREATE INDEX ix_recordings_conversation_id ON recordings (conversation_id);

CREATE TABLE turns (
	conversation_id INTEGER NOT NULL, 
	entry_id INTEGER NOT NULL, 
	turn_id INTEGER NOT NULL, 
	speaker TEXT NOT NULL, 
	text TEXT NOT NULL, 
	heard TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	cut BOOLEAN NOT NULL, at_ms INTEGER, 
	CONSTRAINT pk_turns PRIMARY KEY (conversation_id, entry_id), 
	CONSTRAINT fk_turns_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);

CREATE TABLE callbacks (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	context_id CHAR(32) NOT NULL, 
	carrier_account TEXT NOT NULL, 
	carrier_call_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	dedupe_key TEXT NOT NULL, 
	fields JSON NOT NULL, 
	received_at DATETIME NOT NULL, 
	CONSTRAINT fk_callbacks_context_id FOREIGN KEY(context_id) REFERENCES contexts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_callbacks_account_sid_call_sid_dedupe_key UNIQUE (carrier_account, carrier_call_id, dedupe_key)
);

CREATE INDEX ix_callbacks_context_id ON callbacks (context_id);

CREATE TABLE intents (
	context_id CHAR(32) NOT NULL, 
	project_id INTEGER NOT NULL, 
	credential_id INTEGER NOT NULL, 
	status TEXT NOT NULL, 
	to_number TEXT NOT NULL, 
	from_number TEXT NOT NULL, 
	reason TEXT, 
	options JSON NOT NULL, 
	attempts INTEGER NOT NULL, 
	dial_at DATETIME, 
	not_before DATETIME, 
	not_after DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	CONSTRAINT pk_intents PRIMARY KEY (context_id), 
	CONSTRAINT fk_intents_context_id FOREIGN KEY(context_id) REFERENCES contexts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_intents_project_id FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE INDEX ix_intents_project_id_status_ended_at ON intents (project_id, status, ended_at);

CREATE INDEX ix_intents_credential_id_status_created_at ON intents (credential_id, status, created_at);

CREATE INDEX ix_intents_status_not_after ON intents (status, not_after);

CREATE INDEX ix_intents_status_ended_at ON intents (status, ended_at);

CREATE TABLE dial_lanes (
	project_id INTEGER NOT NULL, 
	credential_id INTEGER NOT NULL, 
	calls_per_second DOUBLE NOT NULL, 
	concurrent_calls INTEGER NOT NULL, 
	calls_per_day INTEGER NOT NULL, 
	next_at DATETIME, 
	CONSTRAINT pk_dial_lanes PRIMARY KEY (project_id, credential_id), 
	CONSTRAINT fk_dial_lanes_project_id FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE TABLE dial_days (
	project_id INTEGER NOT NULL, 
	day TEXT NOT NULL, 
	calls INTEGER NOT NULL, 
	CONSTRAINT pk_dial_days PRIMARY KEY (project_id, day), 
	CONSTRAINT fk_dial_days_project_id FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE TABLE idempotency_keys (
	project_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	context_id CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (project_id, "key"), 
	CONSTRAINT fk_idempotency_keys_context_id FOREIGN KEY(context_id) REFERENCES contexts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_idempotency_keys_project_id FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE INDEX ix_idempotency_keys_context_id ON idempotency_keys (context_id);

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE executors (
	id TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	heard_at DATETIME NOT NULL, 
	CONSTRAINT pk_executors PRIMARY KEY (id)
);

CREATE TABLE login_tries (
	account TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	last_at DATETIME NOT NULL, 
	CONSTRAINT pk_login_tries PRIMARY KEY (account)
);

CREATE TABLE credential_uses (
	credential_id INTEGER NOT NULL, 
	day TEXT NOT NULL, 
	uses INTEGER NOT NULL, 
	CONSTRAINT pk_credential_uses PRIMARY KEY (credential_id, day), 
	CONSTRAINT fk_credential_uses_credential_id FOREIGN KEY(credential_id) REFERENCES credentials (id) ON DELETE CASCADE
);

CREATE TABLE servers (
	id TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	heard_at DATETIME NOT NULL, name TEXT, key_marks JSON, follows JSON, 
	CONSTRAINT pk_servers PRIMARY KEY (id)
);

CREATE INDEX ix_contexts_ask_at ON contexts (ask_at) WHERE ask_at IS NOT NULL AND carrier_call_id IS NOT NULL;

CREATE INDEX ix_credentials_provider_account ON credentials (provider, account);

CREATE TABLE knowledge_pages (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	text TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT fk_knowledge_pages_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT uq_knowledge_pages_project_id_name UNIQUE (project_id, name)
);

CREATE TABLE knowledge_passages (
	page_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	text TEXT NOT NULL, 
	asked JSON NOT NULL, 
	model TEXT, 
	vector BLOB, 
	CONSTRAINT pk_knowledge_passages PRIMARY KEY (page_id, number), 
	CONSTRAINT fk_knowledge_passages_page_id_knowledge_pages FOREIGN KEY(page_id) REFERENCES knowledge_pages (id) ON DELETE CASCADE
);

CREATE TABLE appointments (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	calendar TEXT NOT NULL, 
	starts_at TEXT NOT NULL, 
	name TEXT NOT NULL, 
	phone TEXT NOT NULL, 
	note TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	cancelled_at DATETIME, 
	CONSTRAINT fk_appointments_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE UNIQUE INDEX uq_appointments_project_id_calendar_starts_at ON appointments (project_id, calendar, starts_at) WHERE cancelled_at IS NULL;

CREATE TABLE connected_numbers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	credential_id INTEGER NOT NULL, 
	number_id TEXT NOT NULL, 
	number TEXT NOT NULL, 
	key_id TEXT NOT NULL, 
	wrapped_key BLOB NOT NULL, 
	ciphertext BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT fk_connected_numbers_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT fk_connected_numbers_credential_id_credentials FOREIGN KEY(credential_id) REFERENCES credentials (id) ON DELETE CASCADE, 
	CONSTRAINT uq_connected_numbers_credential_id_number_id UNIQUE (credential_id, number_id)
);

CREATE INDEX ix_conversations_unfiled ON conversations (id) WHERE unfiled = 1;

CREATE INDEX ix_conversations_project_id_caller_created_at_id ON conversations (project_id, caller, created_at, id);

CREATE INDEX ix_conversations_project_id_callee_created_at_id ON conversations (project_id, callee, created_at, id);

CREATE TABLE figures (
	conversation_id INTEGER NOT NULL, 
	cut INTEGER NOT NULL, 
	false_alarms INTEGER NOT NULL, 
	failed INTEGER NOT NULL, 
	tools INTEGER NOT NULL, counted JSON, 
	CONSTRAINT pk_figures PRIMARY KEY (conversation_id), 
	CONSTRAINT fk_figures_conversation_id_conversations FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);

CREATE TABLE spoken_words (
	project_id INTEGER NOT NULL, 
	word TEXT NOT NULL, 
	conversation_id INTEGER NOT NULL, 
	CONSTRAINT pk_spoken_words PRIMARY KEY (project_id, word, conversation_id)
)
 WITHOUT ROWID

;

CREATE TABLE statistics (
	project_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	assistant_id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	counts JSON NOT NULL, 
	latencies BLOB NOT NULL, 
	CONSTRAINT pk_statistics PRIMARY KEY (project_id, at, assistant_id, version), 
	CONSTRAINT fk_statistics_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT fk_statistics_assistant_id_assistants FOREIGN KEY(assistant_id) REFERENCES assistants (id)
);

CREATE TABLE rates (
	project_id INTEGER NOT NULL, 
	body JSON NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_rates PRIMARY KEY (project_id), 
	CONSTRAINT fk_rates_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE TABLE tags (
	project_id INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	conversation_id INTEGER NOT NULL, 
	CONSTRAINT pk_tags PRIMARY KEY (project_id, tag, conversation_id), 
	CONSTRAINT fk_tags_conversation_id_conversations FOREIGN KEY(conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);

CREATE INDEX ix_tags_conversation_id ON tags (conversation_id);

CREATE INDEX ix_audit_subject ON audit (subject);

CREATE TABLE retention (
	project_id INTEGER NOT NULL, 
	days INTEGER NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_retention PRIMARY KEY (project_id), 
	CONSTRAINT fk_retention_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id)
);

CREATE INDEX ix_conversations_kept ON conversations (project_id, created_at) WHERE erased_at IS NULL;

CREATE INDEX ix_conversations_erased_at_id ON conversations (erased_at, id) WHERE erased_at IS NOT NULL;

CREATE TABLE news (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	context_id CHAR(32) NOT NULL, 
	said JSON NOT NULL, 
	sent_at DATETIME NOT NULL, 
	heard_at DATETIME
);

CREATE INDEX ix_news_sent_at ON news (sent_at);

CREATE TABLE talks (
	context_id CHAR(32) NOT NULL, 
	user_id INTEGER, 
	draft JSON, origin TEXT, 
	CONSTRAINT pk_talks PRIMARY KEY (context_id), 
	CONSTRAINT fk_talks_context_id_contexts FOREIGN KEY(context_id) REFERENCES contexts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_talks_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE publishable_tokens (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	project_id INTEGER NOT NULL, 
	assistant_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	token TEXT NOT NULL, 
	origins JSON NOT NULL, 
	calls_per_minute INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	minute_at DATETIME, 
	minute_calls INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT uq_publishable_tokens_token UNIQUE (token), 
	CONSTRAINT fk_publishable_tokens_project_id_projects FOREIGN KEY(project_id) REFERENCES projects (id), 
	CONSTRAINT fk_publishable_tokens_assistant_id_assistants FOREIGN KEY(assistant_id) REFERENCES assistants (id) ON DELETE CASCADE
);

CREATE INDEX ix_publishable_tokens_project_id ON publishable_tokens (project_id);

CREATE INDEX ix_publishable_tokens_assistant_id ON publishable_tokens (assistant_id);

CREATE TABLE live_news (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	server_id TEXT NOT NULL, 
	told TEXT NOT NULL, 
	sent_at DATETIME NOT NULL
);

CREATE INDEX ix_live_news_sent_at ON live_news (sent_at);

INSERT INTO alembic_version VALUES ('0024')
