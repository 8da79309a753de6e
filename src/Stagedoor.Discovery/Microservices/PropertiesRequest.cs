using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Microservices;

/// <summary>New properties of a microservice or an instance. Some clients send the whole instance; the rest of it is ignored.</summary>
internal sealed record PropertiesRequest
{
    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    public ServiceFramework? Framework { get; init; }
}
