using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http.Tenants;

/// <summary>An account of a service's own that calls, with a token of its own. It belongs to no domain; its own roles say what it may.</summary>
public interface IServiceAccount
{
    /// <summary>The account's name.</summary>
    string Name { get; }

    /// <summary>Whether its roles allow it to write down on whom a microservice depends.</summary>
    bool MayWrite { get; }

    /// <summary>Refuses the operation when the account's roles do not allow it.</summary>
    /// <exception cref="ApiException">They do not.</exception>
    void Demand(HttpContext context);
}
