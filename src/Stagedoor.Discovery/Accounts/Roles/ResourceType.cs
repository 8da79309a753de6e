using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary>The kinds of resources that permissions name, and which operation is about which.</summary>
internal static class ResourceType
{
    public const string Any = "*";

    public const string Service = "service";

    public const string Schema = "service/schema";

    public const string Governance = "governance";

    public const string Account = "account";

    public const string Role = "role";

    /// <summary>The engine as a whole: its dump, its alarms, its clusters.</summary>
    public const string Operations = "ops";

    /// <summary>The types that there are operations for.</summary>
    public static IReadOnlyList<string> All { get; } = [Account, Role, Service, Schema, Governance, Operations];

    /// <summary>What a role may name: also what other engines have, so that roles can be brought over; it allows nothing else here.</summary>
    public static IReadOnlyList<string> Known { get; } = [Any, .. All, "config"];

    /// <summary>What an operation is about: what its metadata says, else what its path does, as the original decides it.</summary>
    public static string Of(Endpoint endpoint) => endpoint.Metadata.GetMetadata<ResourceMetadata>()?.Type ?? OfPath(endpoint);

    /// <summary>What a request wants to do.</summary>
    public static string VerbOf(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        return metadata?.GetMetadata<ReadsOnlyMetadata>() is not null ? Verb.Get
            : metadata?.GetMetadata<ChangesMetadata>() is not null ? Verb.Update
            : context.Request.Method switch
            {
                "GET" or "HEAD" => Verb.Get,
                "POST" => Verb.Create,
                "DELETE" => Verb.Delete,
                _ => Verb.Update,
            };
    }

    // Contracts apart from the rest of their microservice: an original role "service" alone uploads none.
    private static string OfPath(Endpoint endpoint)
    {
        var path = (endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "";
        return path.Contains("/schemas", StringComparison.Ordinal) ? Schema
            : path.StartsWith("/v1/{project}/gov/", StringComparison.Ordinal) ? Governance
            : endpoint.Metadata.GetMetadata<OperatorsOnlyMetadata>() is not null ? Operations
            : Service;
    }
}

/// <summary>The resource that an operation is about.</summary>
/// <param name="Type">One of <see cref="ResourceType"/>.</param>
internal sealed record ResourceMetadata(string Type);

/// <summary>An operation that every account may use for itself, whatever its roles say.</summary>
internal sealed record OwnAccountMetadata;
