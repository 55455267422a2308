"""Signed PDF files made here, by the functions that sign all of them, and an authority that stamps their time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.reports.rendering_samples import Renderer, document
from tests.support.pdf_identity import save
from workers.common.pdf_signing import authority, identity
from workers.common.pdf_signing.authority import Authority
from workers.common.pdf_signing.identity import PdfIdentity
from workers.reports.signing.signing import sign

NOON = datetime(2036, 3, 1, 12, tzinfo=UTC)


@cache
def unsigned() -> bytes:
    """Return a report without a signature."""
    return Renderer().render(document()).pdf


async def signed(folder: Path, key: PdfIdentity | None = None, *, url: str | None = None, pdf: bytes = b"") -> bytes:
    """Return a report signed with the key of the tests or another one, and stamped if an authority is named."""
    identity.use(save(folder, key))
    authority.use(Authority(url, 10.0) if url else None)
    return (await sign(pdf or unsigned(), NOON)).pdf


class StampingAuthority:
    """Answers requests of time stamps, with a certificate of its own or with what a test wants to be sent."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65_537, 2048)
        self.certificate = _certificate(self.key)
        self.requests = 0
        self.response = b""
        self.answer: bytes | None = None

    def respond(self, body: bytes) -> bytes:
        """Return the response to a request."""
        self.requests += 1
        if self.answer is not None:
            return self.answer
        private = self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        signer = asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call] # says nothing of its types
        stamper = DummyTimeStamper(
            signer, keys.PrivateKeyInfo.load(private), store, fixed_dt=NOON + timedelta(minutes=1)
        )
        self.response = bytes(stamper.request_tsa_response(tsp.TimeStampReq.load(body)).dump())
        return self.response


@contextmanager
def listening(server: StampingAuthority) -> Iterator[str]:
    """Serve an authority on this machine, and return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer one request."""
            content = server.respond(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *line: object) -> None:
            """Say nothing."""

    listener = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}/stamps"
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    validity = NOON.replace(year=2020), NOON.replace(year=2100)
    builder = builder.serial_number(7).not_valid_before(validity[0]).not_valid_after(validity[1])
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
