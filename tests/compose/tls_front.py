"""TLS before the simulated pool, with a certificate of its own authority. Runs in a container."""

import asyncio
import ssl

CERTIFICATE = "/pool/certificate.pem"
BEHIND = ("simulated", 8080)


async def main() -> None:
    """Accept connections at the port of HTTPS until the container ends."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    server = await asyncio.start_server(_serve, port=443, ssl=context)
    await server.serve_forever()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        behind_reader, behind_writer = await asyncio.open_connection(*BEHIND)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_copy(reader, behind_writer), _copy(behind_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(main())
