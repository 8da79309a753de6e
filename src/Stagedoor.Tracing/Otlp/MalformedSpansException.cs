namespace Stagedoor.Tracing.Otlp;

/// <summary>What was sent is not what its media type says.</summary>
/// <param name="problem">What is wrong, for the sender.</param>
/// <param name="position">Where, in bytes from the beginning.</param>
#pragma warning disable CA1032, CA1064, RCS1194 // It never leaves this assembly.
internal sealed class MalformedSpansException(string problem, long position) : Exception($"{problem} (byte {position})");
#pragma warning restore CA1032, CA1064, RCS1194
