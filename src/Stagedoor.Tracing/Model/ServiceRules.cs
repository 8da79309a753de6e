namespace Stagedoor.Tracing.Model;

/// <summary>What somebody configured for one service.</summary>
internal sealed record ServiceRules
{
    /// <summary>Nothing is configured.</summary>
    public static ServiceRules None { get; } = new();

    /// <summary>Names for transactions; the first that matches counts.</summary>
    public IReadOnlyList<TransactionRule> Transactions { get; init; } = [];

    /// <summary>Result codes and classes of exceptions that are no failure.</summary>
    public IReadOnlySet<string> Ignored { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The attribute that holds a business code; empty for none.</summary>
    public string BusinessCode { get; init; } = "";

    /// <summary>The business codes that are a success.</summary>
    public IReadOnlySet<string> AcceptedCodes { get; init; } = new HashSet<string>(StringComparer.Ordinal);
}
