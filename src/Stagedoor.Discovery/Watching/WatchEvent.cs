using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Watching;

/// <summary>One frame of a watch: something happened to an instance of a provider.</summary>
internal sealed record WatchEvent
{
    /// <summary><c>CREATE</c>, <c>UPDATE</c>, <c>DELETE</c>, or <c>EXPIRE</c> when the consumer has to look again.</summary>
    public required string Action { get; init; }

    public required WatchKey Key { get; init; }

    /// <summary>
    /// The present or last known body; with <c>EXPIRE</c> that of any instance that is up. It is never absent: Go clients read its status before
    /// they look at the action, and their process ends when it is not there.
    /// </summary>
    public required Instance Instance { get; init; }

    public static WatchEvent Of(ServiceNode service, InstanceAction action, Instance instance) => new()
    {
        Action = action switch
        {
            InstanceAction.Create => "CREATE",
            InstanceAction.Update => "UPDATE",
            _ => "DELETE",
        },
        Key = WatchKey.Of(service),
        Instance = instance,
    };

    /// <param name="service">The provider whose tags or rules changed.</param>
    /// <param name="instance">One of its instances that is up: of another one Go clients would think that it is to be dropped.</param>
    public static WatchEvent Expire(ServiceNode service, Instance instance) => new() { Action = "EXPIRE", Key = WatchKey.Of(service), Instance = instance };
}

/// <summary>Which microservice an event is about.</summary>
internal sealed record WatchKey
{
    /// <summary><c>domain/project</c>.</summary>
    public required string Tenant { get; init; }

    public string? Environment { get; init; }

    public required string AppId { get; init; }

    public required string ServiceName { get; init; }

    public string? Alias { get; init; }

    public required string Version { get; init; }

    public static WatchKey Of(ServiceNode service) => new()
    {
        Tenant = service.Tenant.Key,
        Environment = Texts.OrNull(service.Key.Environment),
        AppId = service.Key.AppId,
        ServiceName = service.Key.Name,
        Alias = service.Body.Alias,
        Version = service.Key.Version,
    };
}
