using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Tracing.Queries;

/// <summary>One of the two services that the query API is made of: they say success and refuse parameters by different codes.</summary>
internal sealed record QueryFamily(string Name, ErrorDefinition Succeeded, ErrorDefinition Fault)
{
    /// <summary>The trace service.</summary>
    public static QueryFamily Ats { get; } = new("ats", TracingCodes.AtsSucceeded, TracingCodes.AtsFailed);

    /// <summary>The service of topology and performance.</summary>
    public static QueryFamily Atps { get; } = new("atps", TracingCodes.AtpsSucceeded, TracingCodes.AtpsFailed);

    /// <summary>A parameter is not what it has to be.</summary>
    public ApiException Invalid(string name, string rule) => this == Ats ? TracingError.InvalidInUrl(name, rule) : TracingError.InvalidRequest(name, rule);
}
