namespace Stagedoor.Errors;

/// <summary>One row of the error catalogue: everything that is fixed about a code.</summary>
/// <param name="Code">The full code as clients see it, for example <c>SVCSTG.SWR.4040058</c>.</param>
/// <param name="Status">The HTTP status that it is answered with.</param>
/// <param name="Message">The text on the wire, without detail.</param>
/// <param name="Envelope">The shape of its body.</param>
/// <param name="Service">The service that owns it: <c>gateway</c>, <c>iam</c>, <c>images</c>, <c>discovery</c>, <c>tracing</c> or <c>addons</c>.</param>
/// <param name="Source">Where the code comes from: a founding document of the service, or the public reference it was taken from.</param>
/// <param name="Provoke">How to see it for real, in a sentence.</param>
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
    ErrorText English,
    ErrorText Chinese);
