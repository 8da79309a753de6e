using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;

namespace Stagedoor.Addons.Instances;

/// <summary>What an operation asks of published versions.</summary>
internal interface IAddonCatalog
{
    /// <summary>A version with its chart; <c>null</c> where there is none, or its package is gone.</summary>
    /// <exception cref="FormatException">The package is no chart.</exception>
    Task<PackagedAddon?> FindAsync(string domainId, string template, string version, CancellationToken cancellationToken);
}

/// <summary>A version of an add-on.</summary>
/// <param name="Chart">What it installs.</param>
/// <param name="Key">Under which name, and where.</param>
/// <param name="DeletesCustomResources">Whether its custom resource definitions go with it.</param>
internal sealed record PackagedAddon(Chart Chart, ReleaseKey Key, bool DeletesCustomResources);
