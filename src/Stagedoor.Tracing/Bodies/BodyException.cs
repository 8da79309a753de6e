namespace Stagedoor.Tracing.Bodies;

/// <summary>Why a request's body is not read.</summary>
internal enum BodyProblem
{
    /// <summary>It is longer than is taken, packed or unpacked.</summary>
    TooLarge,

    /// <summary>It is packed in a way that is not known.</summary>
    UnknownEncoding,

    /// <summary>It is not packed as it says, was changed, cut off, or something stands behind it.</summary>
    Damaged,

    /// <summary>Other requests hold all the memory that there is for bodies: the same one may succeed later.</summary>
    NoRoom,
}

/// <summary>A request's body is not read.</summary>
/// <param name="problem">Why.</param>
/// <param name="message">The same, for the sender.</param>
/// <param name="inner">What was thrown where it was seen.</param>
#pragma warning disable CA1032, CA1064, RCS1194 // It never leaves this assembly.
internal sealed class BodyException(BodyProblem problem, string message, Exception? inner = null) : Exception(message, inner)
{
    public BodyProblem Problem => problem;
}
#pragma warning restore CA1032, CA1064, RCS1194
