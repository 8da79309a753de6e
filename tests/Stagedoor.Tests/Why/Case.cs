using System.Text.Json;
using Xunit;

namespace Stagedoor.Tests.Why;

/// <summary>A refusal, and what is said about it.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Code">The code of the answer.</param>
/// <param name="Stage">The stage that refuses.</param>
/// <param name="Change">What the sentence holds.</param>
/// <param name="Act">Provokes it.</param>
internal sealed record Case(string Name, string Code, string Stage, string Change, Func<Refusals, Task<HttpResponseMessage>> Act)
{
    /// <summary>Facts of the refusing stage: name, and what the value holds.</summary>
    public (string Name, string Value)[] Facts { get; init; } = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What is wrong; null when nothing is.</summary>
    public async Task<string?> FindProblemAsync(Refusals refusals)
    {
        using var response = await Act(refusals);
        var id = response.Headers.GetValues("X-Request-Id").Single();
        if ((int)response.StatusCode < 400)
        {
            return $"{Name}: {(int)response.StatusCode}, no refusal";
        }

        using var answer = await refusals.App.Admin.GetAsync($"/v1/why/{id}", Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            return $"{Name}: {(int)answer.StatusCode} {text} for {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Cancellation)}";
        }

        foreach (var secret in refusals.Secrets.Where(s => text.Contains(s, StringComparison.Ordinal)))
        {
            return $"{Name}: the secret {secret} stands in {text}";
        }

        var refusal = JsonDocument.Parse(text).RootElement.GetProperty("refusals")[0];
        return FindProblem(refusal) is { } problem ? $"{Name}: {problem}\n    {text}" : null;
    }

    public string? FindProblem(JsonElement refusal)
    {
        string Text(string name) => refusal.GetProperty(name).GetString()!;
        if (!Is(Text("code"), Code) || !Is(Text("refused_by"), Stage) || !Text("change").Contains(Change, StringComparison.Ordinal))
        {
            return $"expected {Code} by {Stage}: {Change}, was {Text("code")} by {Text("refused_by")}: {Text("change")}";
        }

        var step = refusal.GetProperty("steps").EnumerateArray().Last();
        if (!Is(step.GetProperty("stage").GetString(), Stage) || Is(step.GetProperty("outcome").GetString(), "passed"))
        {
            return $"the last step is {step}";
        }

        foreach (var (name, value) in Facts)
        {
            if (!step.GetProperty("facts").EnumerateArray().Any(f => Is(f.GetProperty("name").GetString(), name) && f.GetProperty("value").GetString()!.Contains(value, StringComparison.Ordinal)))
            {
                return $"no fact {name}: {value}";
            }
        }

        return Text("change").Contains('{', StringComparison.Ordinal) && !Text("change").Contains("/{", StringComparison.Ordinal) ? $"a place is left open in: {Text("change")}" : null;
    }

    private static bool Is(string? text, string other) => string.Equals(text, other, StringComparison.Ordinal);
}
