using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Stagedoor;

/// <summary>A step of a <see cref="Recording"/>: a span below it. It holds no value that a caller sent, only what kind of work it was.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RecordedStep
{
    /// <summary>What kind of work.</summary>
    public required StepKind Kind { get; init; }

    /// <summary>The statement, without its arguments; else the operation.</summary>
    public required string Name { get; init; }

    /// <summary>With what: the module's database and its engine, the kind of blob store, the host that was asked.</summary>
    public string? Where { get; init; }

    /// <summary>More about it: the engine.</summary>
    public string? System { get; init; }

    /// <summary>Its number, when others are below it (<see cref="Recording.Number"/>).</summary>
    public int Number { get; init; }

    /// <summary>The number of the step that it is below; 0 for none.</summary>
    public int Within { get; init; }

    /// <summary>Its span's id, when another process was told; else the default.</summary>
    public ActivitySpanId SpanId { get; init; }

    /// <summary>When it began and ended, as the clock's timestamps.</summary>
    public required long Started { get; init; }

    /// <inheritdoc cref="Started"/>
    public required long Ended { get; init; }

    /// <summary>How many rows or bytes; negative when that is not known.</summary>
    public long Amount { get; init; }

    /// <summary>The status of an answer; 0 for none.</summary>
    public int Status { get; init; }

    /// <summary>The port that was asked; 0 for none.</summary>
    public int Port { get; init; }

    /// <summary>What kind of fault ended it; null for none.</summary>
    public string? Fault { get; init; }
}

/// <summary>What kind of work a step is.</summary>
public enum StepKind
{
    /// <summary>One statement.</summary>
    Statement,

    /// <summary>A transaction.</summary>
    Transaction,

    /// <summary>Several reads on one connection.</summary>
    Reads,

    /// <summary>Something with large content.</summary>
    Blob,

    /// <summary>A question to another server.</summary>
    Call,
}
