namespace Stagedoor.Addons.Drivers;

#pragma warning disable CA1064 // They never leave this assembly.
/// <summary>Why a driver could not do what was asked.</summary>
internal abstract class DriverException(string message, Exception? inner) : Exception(message, inner);

/// <summary>The cluster, or the place where its objects are kept, cannot be reached or read.</summary>
internal sealed class DriverUnavailableException(string message, Exception? inner = null) : DriverException(message, inner);

/// <summary>Something was read, and it is not what it should be.</summary>
internal sealed class DriverDataException(string message, Exception? inner = null) : DriverException(message, inner);

/// <summary>The cluster was asked, and refuses; asking again is of no use.</summary>
/// <param name="reason">One of <see cref="Reasons"/>.</param>
/// <param name="message">What is refused, and why.</param>
/// <param name="inner">The fault behind it.</param>
internal sealed class DriverRejectedException(string reason, string message, Exception? inner = null) : DriverException(message, inner)
#pragma warning restore CA1064
{
    public string Reason { get; } = reason;
}
