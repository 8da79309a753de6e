using Stagedoor.Errors;
using Stagedoor.Gateway.Throttling;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Admission;

/// <summary>Everything that the pipeline needs to know of a route, read from its metadata and the settings once.</summary>
internal sealed class RoutePolicy
{
    /// <summary>The route's template, for metrics and records.</summary>
    public required string Template { get; init; }

    public required AuthMode Auth { get; init; }

    /// <summary>The service by its name in the documents; empty when the route names none.</summary>
    public required string Service { get; init; }

    /// <summary>The action that policies decide about; null when the service decides itself, or any caller may.</summary>
    public required string? Action { get; init; }

    /// <summary>
    /// Whether the route names no action and does not say that every caller may: its author forgot, and nobody may. A test looks for such routes.
    /// </summary>
    public required bool IsUndecided { get; init; }

    /// <summary>Whether the path names a project, in which roles that were granted there count.</summary>
    public required bool NamesProject { get; init; }

    /// <summary>The largest body; null for no limit.</summary>
    public required long? MaxBodyBytes { get; init; }

    /// <summary>What a body over the limit is called, where the service says so.</summary>
    public required ErrorDefinition? TooLarge { get; init; }

    public required Throttle? Throttle { get; init; }

    /// <summary>What caches may do with answers; null when they depend on no credential.</summary>
    public required string? CacheControl { get; init; }

    /// <summary>Name and resource type of the audit record; null when the handler says it, or calls are not recorded.</summary>
    public required AuditMetadata? Audit { get; init; }

    /// <summary>Whether calls may have a record.</summary>
    public required bool IsAudited { get; init; }

    /// <summary>The name of the path's last parameter, which says what a call acts on; null when the path has none.</summary>
    public required string? ResourceParameter { get; init; }

    /// <summary>Whether the route is a part of the container registry, whose clients expect no gateway in front.</summary>
    public required bool IsRegistry { get; init; }

    /// <summary>Whether a user whose password somebody else chose may call it with a token: it is how the password is changed.</summary>
    public required bool ChangesOwnPassword { get; init; }

    /// <summary>
    /// Whether a signature has to cover the body: where the body says what is to be done, whoever changes it on the way would do something else in the caller's
    /// name. What is only stored (layers, files) may stay out of it.
    /// </summary>
    public required bool NeedsSignedBody { get; init; }

    /// <summary>Whether requests are spans among the server's own traces.</summary>
    public required bool IsRecorded { get; init; }

    /// <summary>The service that manages identities: it reads tokens itself.</summary>
    public bool IsIam => string.Equals(Service, "iam", StringComparison.Ordinal);
}
