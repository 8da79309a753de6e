namespace Stagedoor.Tracing.Bodies;

/// <summary>How long a request's body may be.</summary>
internal sealed record BodyLimits
{
    /// <summary>Bytes of one that is packed, as it is sent.</summary>
    public int Packed { get; init; } = 16 << 20;

    /// <summary>Bytes of what is in it.</summary>
    public int Unpacked { get; init; } = 64 << 20;
}
