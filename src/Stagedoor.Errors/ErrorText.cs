namespace Stagedoor.Errors;

/// <summary>What a code means and what to do about it, in one language.</summary>
/// <param name="Meaning">What happened, in a sentence or two.</param>
/// <param name="Remedy">What the reader can do about it.</param>
public sealed record ErrorText(string Meaning, string Remedy);
