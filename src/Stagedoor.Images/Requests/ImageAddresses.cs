using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Requests;

/// <summary>
/// The hosts that images are pulled from, as answers print them: the external one for everybody (<c>Images:ExternalHost</c>), the internal one for machines next to the
/// installation (<c>Images:InternalHost</c>).
/// </summary>
internal sealed class ImageAddresses(IServiceProvider services, IOptions<ImagesOptions> options)
{
    /// <summary>The external host is that of <c>ExternalUrl</c>, or the one that the caller used.</summary>
    public const string Automatic = "auto";

    /// <summary>There is no external host.</summary>
    public const string None = "none";

    /// <summary>Before the name of a network interface of this machine, whose address the internal host is.</summary>
    public const string InterfacePrefix = "interface:";

    /// <summary>Before APPLICATION/SERVICE, a microservice at whose instance the internal host is.</summary>
    public const string RegistryPrefix = "registry:";

    /// <summary>The codes that it fails with.</summary>
    public static ErrorDefinition[] Faults =>
        [ImagesCodes.ExternalAddressNotConfigured, ImagesCodes.GetInstanceIpFailed, ImagesCodes.GetLocalIpFailed];

    /// <summary>The external host, with its port unless it is the usual one.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public string External(HttpContext context) => options.Value.ExternalHost switch
    {
        None => throw ImagesError.ExternalAddressOff(),
        Automatic or "" => new Uri(context.ExternalBase()).Authority,
        var host => host,
    };

    /// <summary>The external host where nobody calls; null when there is none.</summary>
    /// <param name="lastKnown">The host that a caller used, for the case that no setting says it.</param>
    public string? FindExternal(string lastKnown) => options.Value.ExternalHost switch
    {
        None => null,
        Automatic or "" => lastKnown,
        var host => host,
    };

    /// <summary>Both hosts.</summary>
    /// <exception cref="ApiException">One of them cannot be told.</exception>
    public async ValueTask<ImageHosts> FindAsync(HttpContext context)
    {
        var external = External(context);
        var setting = options.Value.InternalHost;
        if (setting.StartsWith(InterfacePrefix, StringComparison.Ordinal))
        {
            return new(external, OfInterface(setting[InterfacePrefix.Length..], context.Connection.LocalPort));
        }

        if (setting.StartsWith(RegistryPrefix, StringComparison.Ordinal))
        {
            return new(external, await OfServiceAsync(setting[RegistryPrefix.Length..], context.RequestAborted));
        }

        return new(external, setting.Length == 0 ? external : setting);
    }

    private static string OfInterface(string name, int port)
    {
        var address = NetworkInterface.GetAllNetworkInterfaces()
            .FirstOrDefault(i => string.Equals(i.Name, name, StringComparison.Ordinal))
            ?.GetIPProperties().UnicastAddresses.Select(static a => a.Address)
            .OrderBy(static a => a.AddressFamily is AddressFamily.InterNetwork ? 0 : 1)
            .FirstOrDefault(static a => !a.IsIPv6LinkLocal)
            ?? throw new ApiException(ImagesCodes.GetLocalIpFailed, $"Images:InternalHost: this machine has no interface {name} with an address");
        var host = address.AddressFamily is AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
    }

    private async Task<string> OfServiceAsync(string name, CancellationToken cancellationToken)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        // The module may be off; then nobody knows.
        var address = services.GetService<IServiceAddresses>() is { } addresses
            ? await addresses.FindAddressAsync(name[..slash], name[(slash + 1)..], cancellationToken).AsTask().FaultAs(ImagesCodes.GetInstanceIpFailed)
            : null;
        return address ?? throw new ApiException(
            ImagesCodes.GetInstanceIpFailed, $"Images:InternalHost: no instance of {name} is registered and up in the default project of the microservice engine");
    }
}

/// <summary>Where images are pulled from.</summary>
internal sealed record ImageHosts(string External, string Internal)
{
    /// <summary>What an image is called from outside.</summary>
    public string Path(string organization, string repository) => $"{External}/{organization}/{repository}";

    /// <summary>What an image is called by machines next to the installation.</summary>
    public string InternalPath(string organization, string repository) => $"{Internal}/{organization}/{repository}";
}
