using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Stagedoor.Http.Tenants;

/// <summary>
/// A domain and a project in it: nothing crosses tenants except shared services. A handler that takes one admits only callers whom
/// <see cref="TenantAdmission"/> lets in.
/// </summary>
/// <param name="Domain">The account's name; <c>default</c> when nobody names one.</param>
/// <param name="Project">The path's project; <c>default</c> in the first generation's paths, which name none.</param>
public sealed record Tenant(string Domain, string Project)
{
    /// <summary>The tenant of shared services.</summary>
    public static Tenant Default { get; } = new("default", "default");

    /// <summary>As stored and as clients see it in watch events: <c>domain/project</c>.</summary>
    public string Key { get; } = $"{Domain}/{Project}";

    /// <summary>Admits the caller of a handler that takes a tenant.</summary>
    public static ValueTask<Tenant?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        context.RequestServices.GetRequiredService<TenantAdmission>().AdmitAsync(context);

    public override string ToString() => Key;
}
