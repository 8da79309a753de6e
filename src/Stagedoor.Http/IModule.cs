using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Stagedoor.Http;

/// <summary>A part of the product with operations of its own. The host walks a list of them and knows none by name.</summary>
public interface IModule
{
    /// <summary>What it is called in the setting <c>Modules</c>, in documents and in the metadata of its routes.</summary>
    string Name { get; }

    /// <summary>What the rest of the product has to know of it.</summary>
    ModuleTraits Traits { get; }

    /// <summary>Adds its services and settings. Nothing may be read or opened yet.</summary>
    void Add(IServiceCollection services, IConfiguration configuration);

    /// <summary>Maps its routes.</summary>
    void Map(IEndpointRouteBuilder routes);

    /// <summary>Brings its tables to the newest state, and what it keeps in memory to the tables'. Comes before the server listens.</summary>
    Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken);
}
