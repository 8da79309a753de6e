namespace Stagedoor.Errors;

/// <summary>One row of the error catalogue: everything that is fixed about a code.</summary>
/// <param name="Code">The full code as clients see it, for example <c>SVCSTG.SWR.4040058</c>.</param>
/// <param name="Status">The HTTP status that it is answered with.</param>
/// <param name="Message">The text on the wire, without detail.</param>
/// <param name="Envelope">The shape of its body.</param>
/// <param name="Service">The service that owns it: <c>gateway</c>, <c>iam</c>, <c>images</c>, <c>discovery</c>, <c>tracing</c> or <c>addons</c>.</param>
/// <param name="Source">Where the code comes from: a founding document of the service, or the public reference it was taken from.</param>
/// <param name="Provoke">How to see it for real, in a sentence; for a code that is not answered yet, how it will be.</param>
/// <param name="ProvokeChinese">The same in Chinese; null as long as no part of the product answers with the code.</param>
/// <param name="English">Meaning and remedy in English.</param>
/// <param name="Chinese">Meaning and remedy in Chinese.</param>
public sealed record ErrorDefinition(
    string Code,
    int Status,
    string? Message,
    Envelope Envelope,
    string Service,
    string Source,
    string Provoke,
    string? ProvokeChinese,
    ErrorText English,
    ErrorText Chinese)
{
    /// <summary>Whether a part of the product answers with it; else its part is planned.</summary>
    public bool IsAnswered => ProvokeChinese is not null;
}
