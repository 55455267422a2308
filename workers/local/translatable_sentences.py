"""Sentences of the runtime and of the embedded servers, which the command line translates."""

from typing import Final

from contracts.evidence.witness_requests import REASONS
from workers.common.erasure_journal.journal import PROBLEMS

_CREDENTIALS: Final = "`incidents access init --out DIR` makes DIR/creds/{name}.creds; name it in INCIDENTS_NATS_CREDS."

KNOWN: Final = (
    "{directory} is already running (process {pid}, bus {bus}, health {health}). Stop it first, or use it.",
    "{directory} is already running (it is starting or stopping). Stop it first, or use it.",
    (
        "{folder} has {free} MB free, a first start needs {needed} MB: make room, "
        "or choose another directory with --data."
    ),
    "{directory} was not completely restored. Run the same `incidents restore` again.",
    "{name} did not start. The end of {log}:\n{tail}",
    "Port {port} of {host} is in use: stop that program or choose another port.",
    "Nothing can listen on port {port} of {host} ({why}): choose another port or address.",
    (
        "INCIDENTS_LOG_DIR: {file} cannot be written ({why}): name a directory in which this user may write, "
        "or remove the variable to log to stderr alone."
    ),
    "{place}: {why}. Make room, or choose another directory with --data.",
    "{place}: {why}. Choose a directory of your own with --data.",
    "{place}: {why}. Allow this user more open files, as with `ulimit -n 4096`.",
    "{place}: {why}. Allow this machine more open files, with the setting fs.file-max.",
    "A server in {data} does not answer ({why}): start again, and look into {logs}.",
    (
        "{file} is missing: name another directory with --data, or make its keys with "
        "`incidents access init --out {folder}`."
    ),
    "{directory} holds the keys of site '{held}', not of '{wanted}'.",
    "INCIDENTS_SIGNING_KEY is not set",
    "INCIDENTS_PDF_KEY is not set",
    "INCIDENTS_PDF_CERTIFICATE is not set",
    "it is not a private key in PEM without a passphrase",
    "it is not an RSA key of at least 2048 bits",
    "it has no certificate in PEM",
    "its first certificate is not that of the key",
    "each certificate must be followed by the one that issued it",
    "a certificate in it is valid from {first} to {last} only",
    "it is not an Ed25519 key of OpenSSH without a passphrase",
    *REASONS,
    *PROBLEMS,
    "two witnesses have one name",
    "line {number} is not the address and the key of a witness",
    "'{name}' cannot name a site: use 1 to 32 of a-z, 0-9 and '-'.",
    "'{name}' cannot name a principal: use 1 to 64 of a-z, 0-9, '_' and '-'.",
    "'{name}' is reserved for the system: choose another name for this principal.",
    "'{name}' is not a worker: workers are {known}.",
    "{variable} names no role: write postgresql://ROLE@HOST/DATABASE, the role of workers.",
    (
        "There is no role {role}: CREATE ROLE {again} LOGIN PASSWORD '...', "
        "as a role that may create roles, and run it again."
    ),
    (
        "A newer version has migrated this database, and the version installed here does not know its schema: "
        "install the newer version, or restore the backup that was made before the upgrade."
    ),
    "{what} was refused by the server: {why}",
    ("The streams need {needed} MB of the message bus's storage: give it a larger disk, or a larger max_file_store."),
    (
        "{url}: JetStream runs without `strict: true`: anybody who may send a command could purge a stream. "
        "Start every server with the configuration that `incidents access init` writes."
    ),
    (
        "{url}: {why}. The revocation is recorded but not in force yet: start the message bus, or set "
        "INCIDENTS_NATS_URL, and run this again."
    ),
    "The message bus did not deliver or accept the stream {stream}: {why}",
    "{directory}: the system has stopped.",
    "{worker} has {lanes} lanes already, and lanes cannot be joined. Choose a larger number, up to {most}.",
    "{worker} has {lanes} lanes already, and lanes cannot be joined. More are not possible.",
    "Lanes of the last split wait until earlier events are published: run it again in a minute.",
    (
        "Each lane needs a connection to the database: {needed} more are needed, and {free} are free. "
        "Raise max_connections."
    ),
    "{file} is not a complete file of `incidents backup`: name another file.",
    "{why}. A part may be restored already: empty the databases and the message bus, and run it again.",
    "{url}: the streams {streams} are there already. Restore into a message bus that has none.",
    "{file} is of the site {site}, not of {wanted}: set INCIDENTS_SITE.",
    "{file} holds the log server, too: set INCIDENTS_LOG_DATABASE_URL.",
    "{url}: the database has tables already. Name an empty one in {variable}.",
    (
        "The bundled {program} is that of PostgreSQL {known}, without TLS. "
        "Install the client programs of PostgreSQL {major}, and run it again."
    ),
    f"INCIDENTS_NATS_CREDS is not set. {_CREDENTIALS}",
    f"{{path}} is not a credentials file. {_CREDENTIALS}",
    f"{{path}} holds the credentials of {{who}}, not of {{wanted}}. {_CREDENTIALS}",
    f"{{path}} expired at {{time}}. {_CREDENTIALS}",
    f"{{path}}: {{why}}. {_CREDENTIALS}",
    (
        "{place}: PostgreSQL {version} is too old: install PostgreSQL {least} or later, "
        "or name another server in {variable}."
    ),
    "{place}: the database has the encoding {encoding} and needs UTF8. Create it again: {statement}.",
    "{why}. Create the database: {statement}.",
    "{why}. Put the password of {role} into {variable}, into PGPASSWORD or into ~/.pgpass.",
    "{why}. Create the role ({role} with LOGIN), and allow it from here in the server's pg_hba.conf.",
    "{why}. Raise max_connections of the server, or end sessions that nobody needs.",
    "{why}. Wait until the server has started, and run it again.",
    "{why}. This server is read-only: name the primary in {variable}.",
    "{why}. Connect as the owner of the database: {variable} names {role}.",
    "{why}. Install PostgreSQL 16 or later.",
    "{why}. Make room on the server's disk, and run it again.",
    "{why}. Start it, or set {variable}.",
    "{why}. Put the newest copy of the journal there, or begin a new one: `incidents retention journal --begin-anew`.",
    "{why}. Report this line, which names the SQLSTATE, with the version of the server.",
    "{place}: there is no database {name} ({state})",
    "{place}: there is no database {name}",
    "{place}: the password of {role} is missing or incorrect ({state})",
    "{place}: the password of {role} is missing or incorrect",
    "{place}: the server does not accept {role} from this machine ({state})",
    "{place}: the server does not accept {role} from this machine",
    "{place}: all connections of the server are in use ({state})",
    "{place}: all connections of the server are in use",
    "{place}: the server is starting or shutting down ({state})",
    "{place}: the server is starting or shutting down",
    "{place}: the server is read-only ({state})",
    "{place}: {role} may not do this ({state})",
    "{place}: the server lacks something that the schema needs ({state})",
    "{place}: the server's disk is full ({state})",
    "{place}: nothing listens there",
    "{place}: this host is not known",
    "{place}: the server does not answer",
    "{place}: the server closed the connection",
    "{place}: no route to this host",
    "{place}: the encrypted connection failed",
    "{place}: PostgreSQL does not know a part of this address",
    "stream {name}",
    "message bus",
    "database",
    "database migrated",
    "streams provisioned",
    "ready",
    "stopped",
    "worker {name}",
    "The message bus",
    "INCIDENTS_NATS_URL is not set",
    "it is not a text file",
    "No such file or directory",
    "Permission denied",
    "Is a directory",
    "Not a directory",
    "No space left on device",
    "Read-only file system",
    "Connection refused",
    "[Errno 111] Connection refused",
    "Address already in use",
    "Cannot assign requested address",
    "Connection reset by peer",
    "Connection timed out",
    "Disk quota exceeded",
    "File exists",
    "File name too long",
    "Input/output error",
    "Name or service not known",
    "Network is unreachable",
    "No route to host",
    "Operation not permitted",
    "Temporary failure in name resolution",
    "Text file busy",
    "Too many levels of symbolic links",
    "Too many open files",
    "nats: timeout",
    "nats: no servers available for connection",
    "nats: 'Authorization Violation'",
)
