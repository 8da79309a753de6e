namespace Stagedoor.Http.Decisions;

/// <summary>What one stage of a request's way looked at, and how it decided. Nothing in it is secret: whoever was refused reads it.</summary>
/// <param name="Stage">One of <see cref="DecisionStage"/>.</param>
/// <param name="Facts">What it looked at, in the order in which people read it.</param>
public sealed record DecisionStep(string Stage, params IReadOnlyList<DecisionFact> Facts)
{
    /// <summary>
    /// One sentence that says what to change, where the stage knows better than its code's remedy; <c>{user}</c> and <c>{project}</c> stand for those of the
    /// caller, as a command line takes them. Null leaves it to the remedy.
    /// </summary>
    public string? Change { get; init; }
}

/// <summary>One thing that a stage looked at.</summary>
/// <param name="Name">What it is, in a few lower-case words.</param>
/// <param name="Value">What it was.</param>
public sealed record DecisionFact(string Name, string Value);
