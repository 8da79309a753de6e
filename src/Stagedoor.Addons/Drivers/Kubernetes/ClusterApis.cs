using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Exceptions;
using Stagedoor.Addons.Clusters;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>The connections to clusters, each kept for as long as it is used.</summary>
internal sealed class ClusterApis(ClusterNetworks networks, TimeProvider clock)
{
    private const int MaxKept = 1_000;

    private static readonly TimeSpan s_connectTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_age = TimeSpan.FromMinutes(30);

    private readonly Lock _opening = new();

    // Whoever is still at work with one that is dropped is told that the cluster does not answer, and comes again.
    private readonly BoundedCache<string, ClusterApi> _kept = new(new(clock), MaxKept, s_age, keys: StringComparer.Ordinal, dropped: static api => api.Close());

    /// <summary>The way to a cluster.</summary>
    /// <exception cref="DriverException">There is no kubeconfig, or it is none.</exception>
    public ClusterApi Open(ClusterConnection cluster)
    {
        if (cluster.Kubeconfig.Length == 0)
        {
            throw new DriverRejectedException(Reasons.ClusterUnreachable, "The cluster was registered without a kubeconfig (annotation stagedoor.io/kubeconfig).");
        }

        // By what it says: a cluster that is given another kubeconfig is another connection.
        var key = $"{cluster.Id} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(cluster.Kubeconfig)))}";
        lock (_opening)
        {
            _kept.Sweep();
            if (_kept.Find(key) is not { } api)
            {
                api = Connect(cluster.Kubeconfig);
                _kept.Keep(key, api);
            }

            return api;
        }
    }

    private ClusterApi Connect(string kubeconfig)
    {
        try
        {
            // The library would run programs and read files that a kubeconfig names.
            Kubeconfig.Check(kubeconfig);
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(kubeconfig));
            var config = KubernetesClientConfiguration.BuildConfigFromConfigObject(KubernetesClientConfiguration.LoadKubeConfig(stream));
#pragma warning disable CA2000 // The client disposes of its handler, and the API of the client.
            return new(new OutgoingClient(Handler(config, Kubeconfig.ProxyOf(kubeconfig))) { Timeout = Timeout.InfiniteTimeSpan }, ClusterApi.Rate(), new Uri(config.Host.TrimEnd('/') + "/"), Credential(config), clock);
#pragma warning restore CA2000
        }
        catch (Exception e) when (e is FormatException or KubeConfigException or CryptographicException or UriFormatException or ArgumentException)
        {
            throw new DriverRejectedException(Reasons.ClusterUnreachable, $"The kubeconfig of the cluster cannot be used: {e.Message}", e);
        }
    }

    private SocketsHttpHandler Handler(KubernetesClientConfiguration config, Uri? proxy)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = s_connectTime,
            ConnectCallback = (context, token) => networks.ConnectAsync(
                context.DnsEndPoint, $"{context.DnsEndPoint.Host} is at no address where clusters may be; Addons:Kubernetes:AllowedNetworks can permit it.", token),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        if (proxy is not null)
        {
            var user = Uri.UnescapeDataString(proxy.UserInfo).Split(':', 2);
            handler.Proxy = new WebProxy(proxy) { Credentials = user[0].Length > 0 ? new NetworkCredential(user[0], user.ElementAtOrDefault(1) ?? "") : null };
        }

        handler.SslOptions.TargetHost = config.TlsServerName is { Length: > 0 } name ? name : null;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(config, certificate, chain, errors);
        if (config is { ClientCertificateData.Length: > 0, ClientCertificateKeyData.Length: > 0 })
        {
#pragma warning disable CA2000 // Connections show it as long as there are any.
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPem(Pem(config.ClientCertificateData), Pem(config.ClientCertificateKeyData))];
#pragma warning restore CA2000
        }

        return handler;
    }

    private static bool IsTrusted(KubernetesClientConfiguration config, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (config.SkipTlsVerify)
        {
            return true;
        }

        // Where the kubeconfig names authorities nobody else's word counts, whomever this machine trusts besides: else the credential would go to them.
        if (config.SslCaCerts is not { Count: > 0 } authorities)
        {
            return errors is SslPolicyErrors.None;
        }

        if (certificate is not X509Certificate2 shown || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) is not SslPolicyErrors.None)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(authorities);
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        return own.Build(shown);
    }

    private static string Pem(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private static AuthenticationHeaderValue? Credential(KubernetesClientConfiguration config) =>
        config.AccessToken is { Length: > 0 } token ? new("Bearer", token)
        : config.Username is { Length: > 0 } user ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{config.Password}")))
        : null;
}
