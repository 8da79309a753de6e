using System.Security.Cryptography;
using System.Text;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Microservices;

/// <summary>
/// Ids of microservices whose clients choose none. An id follows from the key, as in the original, so that whoever holds one is right again
/// after the microservice was deleted, its database lost or its clients moved to another engine, and registered again.
/// </summary>
internal static class ServiceIds
{
    /// <summary>The id of a key: the SHA-1, in 40 hexadecimal digits, of the place where the original keeps it.</summary>
    /// <param name="tenant"><c>domain/project</c>.</param>
    /// <param name="key">The microservice.</param>
    public static string Of(string tenant, ServiceKey key)
    {
        var place = Encoding.UTF8.GetBytes($"/cse-sr/ms/indexes/{tenant}/{key.Environment}/{key.AppId}/{key.Name}/{key.Version}");
#pragma warning disable CA5350 // A name, not a secret; and it has to be the original's.
        return Convert.ToHexStringLower(SHA1.HashData(place));
#pragma warning restore CA5350
    }
}
