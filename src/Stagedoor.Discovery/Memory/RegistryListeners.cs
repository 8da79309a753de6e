using Microsoft.Extensions.Logging;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Memory;

/// <summary>
/// Tells those who listen. What is told is stored and in memory already; so whoever cannot take it must not undo that for everybody else: it is
/// told that it has missed something.
/// </summary>
internal sealed partial class RegistryListeners(IEnumerable<IRegistryListener> listeners, ILogger<RegistryListeners> logger)
{
    private readonly IRegistryListener[] _listeners = [.. listeners];

    public void InstanceChanged(ServiceNode service, InstanceAction action, Instance instance)
    {
        foreach (var listener in _listeners)
        {
            try
            {
                listener.InstanceChanged(service, action, instance);
            }
#pragma warning disable CA1031 // Whatever it was.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Missed(listener, service, e);
            }
        }
    }

    public void VisibilityChanged(ServiceNode service)
    {
        foreach (var listener in _listeners)
        {
            try
            {
                listener.VisibilityChanged(service);
            }
#pragma warning disable CA1031 // Whatever it was.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Missed(listener, service, e);
            }
        }
    }

    private void Missed(IRegistryListener listener, ServiceNode service, Exception fault)
    {
        LogMissed(fault, service.Id);
        listener.Missed(service);
    }

    [LoggerMessage(LogLevel.Error, "A change of the microservice {ServiceId} could not be told to those who watch; they have to look anew")]
    private partial void LogMissed(Exception exception, string serviceId);
}
