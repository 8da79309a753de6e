using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Memory;

/// <summary>Hears of every change of instances once it is stored. Called by the one thread that changes memory, in order; must not block.</summary>
internal interface IRegistryListener
{
    /// <summary>An instance was registered, changed or removed.</summary>
    /// <param name="service">Its microservice.</param>
    /// <param name="action">What happened.</param>
    /// <param name="instance">Its present or last known body.</param>
    void InstanceChanged(ServiceNode service, InstanceAction action, Instance instance);

    /// <summary>Tags or rules of a microservice changed, so that others may see it now or see it no more.</summary>
    void VisibilityChanged(ServiceNode service);

    /// <summary>One of the two has thrown: whoever waits for news of the microservice has missed some, and must look anew.</summary>
    void Missed(ServiceNode service);
}

/// <summary>What happened to an instance.</summary>
internal enum InstanceAction
{
    Create,
    Update,
    Delete,
}
