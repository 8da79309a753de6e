using System.Text.Json.Serialization;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Gateway.Why;

/// <summary>A refused request, or a job that failed, as whoever asks why reads it.</summary>
internal sealed record Refused
{
    /// <summary>When, as RFC 3339 has it.</summary>
    public required string Time { get; init; }

    /// <summary><c>request</c> or <c>job</c>.</summary>
    public required string Kind { get; init; }

    public required string RequestId { get; init; }

    /// <summary>The stage that refused.</summary>
    public required string RefusedBy { get; init; }

    /// <summary>What to change, in one sentence.</summary>
    public required string Change { get; init; }

    public required string Code { get; init; }

    /// <summary>What the code says.</summary>
    public required string Message { get; init; }

    /// <summary>The HTTP status; null for a job.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Status { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Method { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Operation { get; init; }

    /// <summary>Who called; null when nobody knows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? User { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Account { get; init; }

    /// <summary>The way to the refusal, stage by stage.</summary>
    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>One stage.</summary>
    /// <param name="Stage">Its name.</param>
    /// <param name="Outcome"><c>passed</c> or <c>refused</c>.</param>
    /// <param name="Facts">What it looked at.</param>
    internal sealed record Step(string Stage, string Outcome, IReadOnlyList<DecisionFact> Facts);
}
