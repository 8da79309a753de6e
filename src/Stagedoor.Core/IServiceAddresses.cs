namespace Stagedoor;

/// <summary>Where the instances of a microservice are. The microservice engine implements it, since it keeps them.</summary>
public interface IServiceAddresses
{
    /// <summary>Host and port of an instance of the microservice that is up, of its latest version; null when there is none.</summary>
    /// <param name="application">The application that the microservice belongs to.</param>
    /// <param name="service">The microservice.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<string?> FindAddressAsync(string application, string service, CancellationToken cancellationToken);
}
