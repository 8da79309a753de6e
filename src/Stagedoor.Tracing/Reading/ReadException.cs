namespace Stagedoor.Tracing.Reading;

/// <summary>A reader is refused: its protocol says how that is written.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">A sentence for whoever asked.</param>
#pragma warning disable CA1032, CA1064, RCS1194 // It never leaves this assembly.
internal sealed class ReadException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;
}
#pragma warning restore CA1032, CA1064, RCS1194
