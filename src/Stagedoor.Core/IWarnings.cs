namespace Stagedoor;

/// <summary>What a part of the product wants its operator to know while requests are still answered as ever; shown by <c>/readyz</c>.</summary>
public interface IWarnings
{
    /// <summary>The warnings of now, one sentence each.</summary>
    IReadOnlyList<string> Current { get; }
}
