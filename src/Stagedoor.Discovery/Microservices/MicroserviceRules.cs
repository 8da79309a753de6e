using System.Buffers;
using Stagedoor.Discovery.Model;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Microservices;

/// <summary>What a microservice must look like to be registered, and what it gets when it leaves things out.</summary>
internal static class MicroserviceRules
{
    private const string DefaultApplication = "default";
    private const string DefaultVersion = "0.0.1";

    // The original's pattern spells the ampersand as an entity; its letters and the semicolon are therefore allowed.
    private static readonly SearchValues<char> s_path = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,?'\\/+&;%$#=~_-@{}");

    /// <summary>The microservice with its defaults, without anything empty.</summary>
    /// <param name="sent">As it came.</param>
    /// <param name="now">Unix seconds.</param>
    public static Microservice Complete(Microservice sent, string now) => sent with
    {
        ServiceId = Texts.OrNull(sent.ServiceId),
        Environment = Texts.OrNull(sent.Environment),
        AppId = Texts.OrNull(sent.AppId) ?? DefaultApplication,
        Version = Texts.OrNull(sent.Version) ?? DefaultVersion,
        Alias = Texts.OrNull(sent.Alias),
        Description = Texts.OrNull(sent.Description),
        Level = Texts.OrNull(sent.Level) ?? "BACK",
        Status = Texts.OrNull(sent.Status) ?? "UP",
        Schemas = sent.Schemas is { Count: > 0 } schemas ? [.. schemas.Distinct(StringComparer.Ordinal)] : null,
        Paths = sent.Paths is { Count: > 0 } paths ? paths : null,
        Properties = Texts.Clean(sent.Properties),
        RegisterBy = Texts.OrNull(sent.RegisterBy),
        Providers = sent.Providers is { Count: > 0 } providers ? providers : null,
        LbStrategy = Texts.Clean(sent.LbStrategy),
        Timestamp = now,
        ModTimestamp = now,
    };

    /// <exception cref="ApiException">A member is not allowed; the detail names it.</exception>
    public static void Check(Microservice service)
    {
        Require(Names.IsServiceId(service.ServiceId), "serviceId", "at most 64 characters, no blanks");
        Require(Names.IsEnvironment(service.Environment), "environment", $"empty or one of {string.Join(", ", Names.Environments)}");
        Require(Names.IsRequiredName(service.AppId, 160), "appId", "1 to 160 of letters, digits and '_', '-', '.' between them");
        Require(Names.IsRequiredName(service.ServiceName, 128), "serviceName", "1 to 128 of letters, digits and '_', '-', '.' between them");
        Require(ServiceVersion.TryParse(service.Version, out _), "version", "up to four numbers of 0 to 32767 with '.' between them");
        Require(Names.IsAlias(service.Alias, 128), "alias", "at most 128 of letters, digits, '_', '-', '.' and ':'");
        Require(service.Description is null || Names.Length(service.Description) <= 256, "description", "at most 256 characters");
        Require(service.Level is "FRONT" or "MIDDLE" or "BACK", "level", "FRONT, MIDDLE or BACK");
        Require(service.Status is "UP" or "DOWN", "status", "UP or DOWN");
        Require(service.Schemas is null || service.Schemas.All(Names.IsSchemaId), "schemas", "ids of 1 to 160 letters, digits and '_', '-', '.' between them");
        Require(service.Paths is null || service.Paths.All(IsPath), "paths", "paths of letters, digits and the characters that addresses use");
        Require(service.RegisterBy is null or "SDK" or "SIDECAR" or "PLATFORM", "registerBy", "SDK, SIDECAR or PLATFORM");
        Require(
            service.Framework is not { } framework
                || (Names.IsName(framework.Name ?? "", 64) && Names.Length(framework.Version ?? "") <= 64),
            "framework",
            "a name of at most 64 letters, digits and '_', '-', '.' between them, a version of at most 64 characters");
    }

    private static bool IsPath(ServicePath? path) => path is not null && !(path.Path ?? "").AsSpan().ContainsAnyExcept(s_path);

    private static void Require(bool condition, string field, string rule)
    {
        if (!condition)
        {
            throw DiscoveryError.Invalid(field, rule);
        }
    }
}
