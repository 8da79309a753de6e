using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Finds in attributes what Zipkin's endpoints say.</summary>
/// <param name="batch">Whose attributes they are.</param>
/// <param name="attributes">The attributes.</param>
internal readonly ref struct ZipkinPeer(SpanBatch batch, Slice attributes)
{
    /// <summary>The endpoint of a resource.</summary>
    public Endpoint Local()
    {
        var endpoint = new Endpoint { Service = Text(ZipkinKeys.ServiceName), Port = Port(ZipkinKeys.LocalPort) };
        SetAddress(ref endpoint, Text(ZipkinKeys.LocalAddress), Text(ZipkinKeys.LocalV6));
        return endpoint;
    }

    /// <summary>
    /// The endpoint of the other side. Whom a client called or what a message was given to has the first name of those that tell it, new and old ones; who called has one
    /// only when the span says so.
    /// </summary>
    public Endpoint Remote(SpanKind kind)
    {
        var isCaller = kind is SpanKind.Client or SpanKind.Producer;
        var endpoint = new Endpoint { Service = Text("service.peer.name"u8) };
        if (endpoint.Service.Length == 0)
        {
            endpoint.Service = Text(ZipkinKeys.PeerService);
            endpoint.HasService = endpoint.Service.Length > 0;
        }

        if (isCaller)
        {
            endpoint.Service = FirstName(endpoint.Service, "server.address"u8, "net.peer.name"u8);
        }

        SetAddress(ref endpoint, Text(ZipkinKeys.PeerAddress), Text(ZipkinKeys.PeerV6));
        endpoint.HasAddress = endpoint.V4.Length + endpoint.V6.Length > 0;
        endpoint.Port = Port(ZipkinKeys.PeerPort);
        endpoint.HasPort = endpoint.Port > 0;
        if (!endpoint.HasAddress)
        {
            foreach (var text in (ReadOnlySpan<TextRef>)[Text("net.sock.peer.addr"u8), Text("net.peer.ip"u8), isCaller ? Text("server.address"u8) : Text("client.address"u8)])
            {
                SetAddress(ref endpoint, text, default);
                if (endpoint.V4.Length + endpoint.V6.Length > 0)
                {
                    break;
                }
            }
        }

        if (!endpoint.HasPort)
        {
            endpoint.Port = Port("net.sock.peer.port"u8) is > 0 and var old ? old : Port("net.peer.port"u8) is > 0 and var older ? older : isCaller ? Port("server.port"u8) : (ushort)0;
        }

        if (isCaller && endpoint.V4.Length + endpoint.V6.Length == 0)
        {
            endpoint.Service = FirstName(endpoint.Service, "db.namespace"u8, "db.name"u8, "db.system.name"u8, "db.system"u8, "messaging.system"u8);
        }

        return endpoint;
    }

    private TextRef FirstName(TextRef known, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third = default, ReadOnlySpan<byte> fourth = default, ReadOnlySpan<byte> fifth = default) =>
        known.Length > 0 ? known
        : first.Length == 0 ? default
        : FirstName(Name(first), second, third, fourth, fifth);

    // An address is none.
    private TextRef Name(ReadOnlySpan<byte> key) => Text(key) is { Length: > 0 } text && !ZipkinEndpoint.IsV4(batch[text]) && !ZipkinEndpoint.IsV6(batch[text]) ? text : default;

    private TextRef Text(ReadOnlySpan<byte> key) => batch.Find(attributes, key) is { Kind: ValueKind.Text } attribute ? attribute.Text : default;

    private ushort Port(ReadOnlySpan<byte> key) => batch.Find(attributes, key) is { Kind: ValueKind.Int, Number: > 0 and <= ushort.MaxValue } attribute ? (ushort)attribute.Number : (ushort)0;

    private void SetAddress(ref Endpoint endpoint, TextRef address, TextRef v6)
    {
        endpoint.V4 = ZipkinEndpoint.IsV4(batch[address]) ? address : default;
        endpoint.V6 = endpoint.V4.Length > 0 ? v6 : ZipkinEndpoint.IsV6(batch[address]) ? address : default;
    }

    /// <summary>What is known of one side.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal struct Endpoint
    {
        public TextRef Service;
        public TextRef V4;
        public TextRef V6;
        public ushort Port;

        /// <summary>Its name is the one that reading Zipkin's format makes an attribute; the same for the rest of it.</summary>
        public bool HasService;
        public bool HasAddress;
        public bool HasPort;

        /// <summary>Whether it says what the attribute of this key does, which then is no tag.</summary>
        public readonly bool Has(ReadOnlySpan<byte> key) =>
            (HasService && key.SequenceEqual(ZipkinKeys.PeerService))
            || (HasAddress && (key.SequenceEqual(ZipkinKeys.PeerAddress) || key.SequenceEqual(ZipkinKeys.PeerV6)))
            || (HasPort && key.SequenceEqual(ZipkinKeys.PeerPort));
    }
}
