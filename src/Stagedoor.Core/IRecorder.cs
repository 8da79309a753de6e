namespace Stagedoor;

/// <summary>Keeps what requests and jobs did as traces. The trace service implements it; where nobody does, nothing is recorded. Neither member waits or throws.</summary>
public interface IRecorder
{
    /// <summary>Whether it is worth keeping, so that somebody describes it. What is not is forgotten.</summary>
    /// <param name="recording">What it did.</param>
    /// <param name="hasFailed">Whether it was refused, or failed.</param>
    /// <param name="isOfKnown">Whether it was for somebody who is known, or for a job.</param>
    /// <param name="elapsed">How long it took.</param>
    bool Wants(Recording recording, bool hasFailed, bool isOfKnown, TimeSpan elapsed);

    /// <summary>Keeps it, unless more comes than can be written.</summary>
    void Keep(RecordedSpan span);
}

/// <summary>The span of a <see cref="Recording"/> that is over.</summary>
public sealed record RecordedSpan
{
    public required Recording Recording { get; init; }

    /// <summary>The steps below it, and how many more there were.</summary>
    public required (ArraySegment<RecordedStep> Kept, int Dropped) Steps { get; init; }

    /// <summary>What it was, without anything that differs from one to the next.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is an attempt at a job and not a request.</summary>
    public bool IsJob { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>Whether it is a failure of this service, and not only a refusal.</summary>
    public bool IsFault { get; init; }

    /// <summary>What became of it, in a word: the code of an error.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>The project whose members may see it; null for the operator's.</summary>
    public string? Project { get; init; }

    /// <summary>The account, when the project is not known.</summary>
    public string? Domain { get; init; }

    /// <summary>The access key that the request named, when neither is known: whose it is, is found out when somebody has time for it.</summary>
    public string? AccessKey { get; init; }

    /// <summary>More about it, by the names of OpenTelemetry's conventions: texts and whole numbers.</summary>
    public required IReadOnlyList<KeyValuePair<string, object>> Attributes { get; init; }
}
