using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Commands;
using Stagedoor.Http;
using Stagedoor.Identity.Secrets;

namespace Stagedoor.Serve;

/// <summary>Finds everything that is wrong with the settings, before anything is started: a sentence each, with the name as it was written.</summary>
internal static class SettingCheck
{
    // By it a file tells an editor what may stand in it.
    private const string SchemaMember = "$schema";

    /// <summary>What is wrong; empty when a start will not fail for its settings.</summary>
    internal static IReadOnlyList<string> Problems(IConfigurationRoot configuration, IReadOnlyList<IModule> modules)
    {
        var names = SettingNames.Of(modules);
        var problems = new List<string>();
        var usable = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var key in Leaves(configuration).Where(static key => key is not SchemaMember))
        {
            var value = configuration[key];
            if (Problem(configuration, names, key, value) is { } problem)
            {
                problems.Add(problem);
            }
            else
            {
                usable[key] = value;
            }
        }

        // The rules between settings see those that can be read at all: each mistake is told once.
        using var readable = new ConfigurationManager();
        readable.AddInMemoryCollection(ServeConfiguration.Defaults).AddInMemoryCollection(usable);
        problems.AddRange(ListenerProblems(readable, [.. modules.SelectMany(static m => m.Traits.Listeners)], name => SettingSource.Of(configuration, name).Name));
        problems.AddRange(StorageComposition.Problems(readable).Select(problem => InTheirWords(configuration, names, problem)));
        if (ModuleSet.FindProblem(modules, readable) is { } unknown)
        {
            problems.Add(unknown);
            readable["Modules"] = null;
        }

        if (MasterKeyProblem(readable["Gateway:MasterKey"]) is { } unusable)
        {
            problems.Add(unusable);
        }

        problems.AddRange(OptionProblems(readable, modules).Select(problem => InTheirWords(configuration, names, problem)));
        return problems;
    }

    // One in a file is looked at where the file is: with the installation.
    private static string? MasterKeyProblem(string? key)
    {
        if (string.IsNullOrWhiteSpace(key))
        {
            return null;
        }

        try
        {
            _ = new MasterKey(new(key, null, "/")).Bytes.Length;
            return null;
        }
        catch (MasterKeyException e)
        {
            return e.Message;
        }
    }

    /// <summary>What does nothing although somebody has written it: a sentence each. A start goes on.</summary>
    internal static IReadOnlyList<string> Warnings(ServeSettings settings)
    {
        using var configuration = new ConfigurationManager();
        try
        {
            ServeConfiguration.Collect(configuration, settings);
        }
        catch (StartupException)
        {
            // What cannot be read at all is told as a problem.
            configuration.Sources.Clear();
        }

        return [.. StrayVariables(settings.Variables.Keys), .. Unused(configuration), .. Unreachable(configuration)];
    }

    // One of a pair: with the other at its default the installation would begin on SQLite and files, or speak plain HTTP, without a word.
    private static IEnumerable<string> Unused(ConfigurationManager configuration)
    {
        if (configuration["Storage:PostgreSql"] is { Length: > 0 } && configuration["Storage:Database"] is not "postgresql")
        {
            yield return Of("Storage:PostgreSql", "Storage:Database", "postgresql");
        }

        if (configuration["Storage:S3:Bucket"] is { Length: > 0 } && configuration["Storage:Blobs"] is not "s3")
        {
            yield return Of("Storage:S3:Bucket", "Storage:Blobs", "s3");
        }

        if (configuration["Tls:Certificate"] is { Length: > 0 } && !Leaves(configuration).Select(key => configuration[key] ?? "").Any(static value => value.Contains("https:", StringComparison.OrdinalIgnoreCase)))
        {
            yield return $"{SettingSource.Of(configuration, "Tls:Certificate").Name} is not used: no address to listen on begins with https.";
        }

        string Of(string key, string other, string wanted) => $"{SettingSource.Of(configuration, key).Name} is not used: {other} is not {wanted}.";
    }

    // What a start takes, and clients do not.
    private static IEnumerable<string> Unreachable(ConfigurationManager configuration)
    {
        var isSecure = Leaves(configuration).Any(key => key is not "ExternalUrl" && (configuration[key] ?? "").Contains("https:", StringComparison.OrdinalIgnoreCase));
        if (!isSecure && bool.TryParse(configuration["Gateway:RequireHttps"], out var isRequired) && isRequired
            && !configuration.GetSection("Gateway:TrustedProxies").GetChildren().Any())
        {
            yield return $"{SettingSource.Of(configuration, "Gateway:RequireHttps").Name} is on, but no address to listen on begins with https, and Gateway:TrustedProxies names no proxy that could say "
                + "that it was asked by https: everything but the probes is refused.";
        }

        if (isSecure && configuration["Tls:Certificate"] is { Length: > 0 } certificate && ServerCertificate.FindWeakness(certificate) is { } weakness)
        {
            yield return weakness;
        }
    }

    /// <summary>Variables that begin like ours and set nothing, each with what was perhaps meant.</summary>
    internal static IReadOnlyList<string> StrayVariables(IEnumerable<string> names) =>
    [
        .. from name in names.Order(StringComparer.Ordinal)
           where name.StartsWith("STAGEDOOR_", StringComparison.OrdinalIgnoreCase)
               && !name.StartsWith(ServeConfiguration.VariablePrefix, StringComparison.OrdinalIgnoreCase)
               && !IsSomebodyElses(name)
           let meant = SettingNames.Product.All.FirstOrDefault(s => string.Equals(
               s.Variable.Replace("__", "_", StringComparison.Ordinal), name.Replace("__", "_", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
           select $"The variable {name} sets nothing: "
               + (meant is null ? $"settings are written {ServeConfiguration.VariablePrefix}Section__Name." : $"write {meant.Variable}."),
    ];

    // Those that verbs read, those that a cluster gives to every pod when a service is called stagedoor, and those of this repository's own tests.
    private static bool IsSomebodyElses(string name) =>
        ServerConnection.Reads(name)
        || name.StartsWith("STAGEDOOR_SERVICE_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("STAGEDOOR_PORT", StringComparison.OrdinalIgnoreCase)
        || name is "STAGEDOOR_POSTGRESQL" or "STAGEDOOR_S3" or "STAGEDOOR_ACCEPT" or "STAGEDOOR_COMPLETE" or "STAGEDOOR_KILLS";

    /// <summary>The keys that are set, at whatever depth.</summary>
    internal static IEnumerable<string> Leaves(IConfiguration section) => section.GetChildren().SelectMany(static child =>
        child.GetChildren().Any() ? (child.Value is { Length: > 0 } ? [child.Path] : Enumerable.Empty<string>()).Concat(Leaves(child)) : [child.Path]);

    private static string? Problem(IConfigurationRoot configuration, SettingNames names, string key, string? value)
    {
        var name = SettingSource.Of(configuration, key).Name;
        if (names.Find(key) is { } setting)
        {
            return setting.Allows(value) ? null
                : setting.IsSecret ? $"{name} cannot be used; it must be {setting.Allowed}."
                : $"{name} is {(value is null ? "null" : $"'{MaskedText.Of(value)}'")}; it must be {setting.Allowed}.";
        }

        if (names.Below(key) is not [] and var below)
        {
            // An empty object or list is what stays when its last line is taken out.
            return string.IsNullOrEmpty(value) ? null
                : below is ["{n}"] ? $"{name} is '{MaskedText.Of(value)}'; it is a list: write {key}:0, {key}:1 and so on, or an array in a file."
                : $"{name} is '{MaskedText.Of(value)}'; it is a section with {string.Join(", ", below)}.";
        }

        return Unknown(names, name, key);
    }

    // The services know keys only; whoever has set a variable looks for its name.
    private static string InTheirWords(IConfigurationRoot configuration, SettingNames names, string problem)
    {
        var key = problem.Split(' ', 2)[0];
        return names.Find(key) is null ? problem : SettingSource.Of(configuration, key).Name + problem[key.Length..];
    }

    private static string Unknown(SettingNames names, string name, string key)
    {
        // The first part that is not there is the one that is misspelt.
        var parts = key.Split(':');
        var section = "";
        var siblings = names.Below("");
        for (var i = 0; i < parts.Length && siblings.Contains(parts[i], StringComparer.OrdinalIgnoreCase); i++)
        {
            section = section.Length == 0 ? parts[i] : $"{section}:{parts[i]}";
            siblings = names.Below(section);
        }

        var meant = Likeness.Closest(key, names.All.Select(static s => s.Key));
        return $"{name} does not exist."
            + (meant is null ? "" : $" Did you mean {meant}?")
            + (siblings.Count == 0 ? "" : $" There are: {string.Join(", ", siblings)}.");
    }

    private static IEnumerable<string> ListenerProblems(
        ConfigurationManager settings, IReadOnlyList<ModuleListener> listeners, Func<string, string> written)
    {
        const string Example = "Give, for example, --urls http://127.0.0.1:8080.";
        var urls = Listeners.Of(settings);
        if (urls.Count == 0)
        {
            yield return $"There is no address to listen on in {written("Urls")}. {Example}";
        }

        foreach (var url in urls.Where(static url => !Listeners.IsValid(url)))
        {
            yield return $"'{MaskedText.Of(url)}' in {written("Urls")} is no address to listen on. {Example} The host is an address of this machine, localhost, or * for all.";
        }

        foreach (var listener in listeners.Where(l => !Listeners.IsValid(l, settings)))
        {
            yield return $"{written(listener.Setting)} is '{MaskedText.Of(settings[listener.Setting] ?? "")}'; it must be a port, addresses such as http://127.0.0.1:{listener.Default}, or off.";
        }

        var (certificate, key) = (settings["Tls:Certificate"], settings["Tls:Key"]);
        var secure = urls.Any(static url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) || listeners.Any(l => Listeners.IsSecure(l, settings));
        if (string.IsNullOrEmpty(certificate) && string.IsNullOrEmpty(key))
        {
            if (secure)
            {
                yield return "An https address needs a certificate: set Tls:Certificate and Tls:Key to a PEM pair.";
            }
        }
        else if (string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key))
        {
            yield return string.IsNullOrEmpty(key)
                ? $"{written("Tls:Certificate")} is set, but Tls:Key is not: both are needed, a PEM file each."
                : $"{written("Tls:Key")} is set, but Tls:Certificate is not: both are needed, a PEM file each.";
        }
        else if (ServerCertificate.FindProblem(certificate, key) is { } problem)
        {
            yield return problem;
        }
    }

    // What the services themselves demand of their settings.
    private static IEnumerable<string> OptionProblems(ConfigurationManager settings, IReadOnlyList<IModule> modules)
    {
        var services = new ServiceCollection().AddSingleton<IConfiguration>(settings).AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddModules(modules, settings);
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IStartupValidator>().Validate();
            return [];
        }
        catch (OptionsValidationException e)
        {
            return e.Failures;
        }
        catch (AggregateException e)
        {
            return e.InnerExceptions.OfType<OptionsValidationException>().SelectMany(static i => i.Failures).ToList();
        }
    }
}
