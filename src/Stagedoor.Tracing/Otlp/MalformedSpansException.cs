namespace Stagedoor.Tracing.Otlp;

/// <summary>What was sent is not what its media type says.</summary>
/// <param name="problem">What is wrong, for the sender.</param>
/// <param name="position">Where, in bytes from the beginning.</param>
/// <param name="isOtherFormat">It is another format of spans, so that a place would tell nothing.</param>
#pragma warning disable CA1032, CA1064, RCS1194 // It never leaves this assembly.
internal sealed class MalformedSpansException(string problem, long position, bool isOtherFormat = false) : Exception(isOtherFormat ? problem : $"{problem} (byte {position})")
{
    /// <summary>Whether it is another format of spans than this address takes; the message names the one that it does.</summary>
    public bool IsOtherFormat => isOtherFormat;
}
#pragma warning restore CA1032, CA1064, RCS1194
