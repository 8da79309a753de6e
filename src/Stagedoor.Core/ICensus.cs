namespace Stagedoor;

/// <summary>How much a service holds, in numbers that name nobody: for the page that anybody may open.</summary>
public interface ICensus
{
    /// <summary>The service's name, as <c>Modules</c> writes it.</summary>
    string Service { get; }

    /// <summary>The numbers, each with what is counted in English, in the plural.</summary>
    Task<IReadOnlyList<Headcount>> CountAsync(CancellationToken cancellationToken);
}

/// <summary>One number of a census.</summary>
/// <param name="Of">What is counted: <c>organizations</c>.</param>
/// <param name="Count">How many there are.</param>
public sealed record Headcount(string Of, long Count);
