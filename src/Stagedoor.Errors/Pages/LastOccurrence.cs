namespace Stagedoor.Errors.Pages;

/// <summary>A request of the reader's own that was refused with a code.</summary>
/// <param name="RequestId">Its id, which <c>/v1/why</c> explains.</param>
/// <param name="Time">When, as RFC 3339 has it.</param>
/// <param name="Request">Method and path.</param>
/// <param name="Change">What to change, in a sentence.</param>
public sealed record LastOccurrence(string RequestId, string Time, string Request, string Change);
