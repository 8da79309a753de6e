namespace Stagedoor.Tracing.Zipkin;

/// <summary>What the parts of Zipkin's spans that OTLP has no place for are called among the attributes.</summary>
internal static class ZipkinKeys
{
    public static ReadOnlySpan<byte> ServiceName => "service.name"u8;

    /// <summary>A tag that says which process it is.</summary>
    public static ReadOnlySpan<byte> ServiceInstance => "service.instance.id"u8;

    /// <summary>A tag that says which application the service belongs to.</summary>
    public static ReadOnlySpan<byte> ServiceNamespace => "service.namespace"u8;

    /// <summary>Of the resource.</summary>
    public static ReadOnlySpan<byte> LocalAddress => "network.local.address"u8;

    /// <summary>Of the resource.</summary>
    public static ReadOnlySpan<byte> LocalPort => "network.local.port"u8;

    /// <summary>Of the resource, when it has an address of each version.</summary>
    public static ReadOnlySpan<byte> LocalV6 => "zipkin.local.ipv6"u8;

    public static ReadOnlySpan<byte> PeerService => "peer.service"u8;

    public static ReadOnlySpan<byte> PeerAddress => "network.peer.address"u8;

    public static ReadOnlySpan<byte> PeerPort => "network.peer.port"u8;

    /// <summary>When the remote endpoint has an address of each version.</summary>
    public static ReadOnlySpan<byte> PeerV6 => "zipkin.remote.ipv6"u8;

    public static ReadOnlySpan<byte> Error => "error"u8;

    public static ReadOnlySpan<byte> StatusCode => "otel.status_code"u8;

    public static ReadOnlySpan<byte> StatusDescription => "otel.status_description"u8;
}
