using System.Collections;
using System.Globalization;
using System.Reflection;
using Stagedoor.Gateway;
using Stagedoor.Http;
using Stagedoor.Storage.S3;

namespace Stagedoor.Serve;

/// <summary>Every setting there is: for the check of a start, for <c>stagedoor config</c> and for the page of settings.</summary>
internal sealed class SettingNames
{
    // Read by name, not through a section's class.
    private static readonly Setting[] s_plain =
    [
        new("Data", typeof(string), ServeConfiguration.Defaults["Data"], null),
        new("Urls", typeof(string), ServeConfiguration.Defaults["Urls"], null),
        new("Modules", typeof(string), null, null),
        new("ExternalUrl", typeof(string), null, typeof(GatewayOptions).GetProperty(nameof(GatewayOptions.ExternalUrl))),
        new("Logging:LogLevel:{category}", typeof(LogLevel), null, null),
        new("Logging:Requests", typeof(LoggedRequests), "errors", typeof(RequestLogOptions).GetProperty(nameof(RequestLogOptions.Requests))),
        new("Logging:Format", typeof(LogFormat), null, typeof(LogFormatOptions).GetProperty(nameof(LogFormatOptions.Format))),
        new("Logging:Console:LogLevel:{category}", typeof(LogLevel), null, null),
    ];

    // What a section's settings are called is what its options classes' properties are called.
    private readonly (string Section, Type Options)[] _sections;

    private SettingNames(IReadOnlyList<IModule> modules)
    {
        _sections =
        [
            ("Server", typeof(ServerOptions)),
            ("Tls", typeof(TlsOptions)),
            ("Storage", typeof(StorageOptions)),
            ("Storage:Files", typeof(FilesOptions)),
            ("Storage:S3", typeof(S3Options)),
            ("Gateway", typeof(MasterKeyOptions)),
            .. modules.SelectMany(static m => m.Traits.Settings),
            ("Errors", typeof(ErrorOptions)),
        ];
        All = [.. s_plain, .. _sections.SelectMany(s => Of(s.Section, s.Options))];
    }

    /// <summary>Those of the product.</summary>
    internal static SettingNames Product { get; } = new(Modules.All);

    /// <summary>All settings, in the order of their sections.</summary>
    internal IReadOnlyList<Setting> All { get; }

    /// <summary>Those of a host that is made of these modules.</summary>
    internal static SettingNames Of(IReadOnlyList<IModule> modules) => ReferenceEquals(modules, Modules.All) ? Product : new(modules);

    /// <summary>The setting of this key; null when there is none.</summary>
    internal Setting? Find(string key) => All.FirstOrDefault(s => s.IsNamed(key));

    /// <summary>What stands directly below a section, or at the top, as it would be written.</summary>
    internal IReadOnlyList<string> Below(string section) =>
    [
        .. All.Select(static s => s.Key)
            .Where(key => section.Length == 0 || key.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase))
            .Select(key => (section.Length == 0 ? key : key[(section.Length + 1)..]).Split(':')[0])
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase),
    ];

    private IEnumerable<Setting> Of(string section, Type type)
    {
        var defaults = Activator.CreateInstance(type);
        return type.GetProperties()
            // The address is one for all services and stands at the top.
            .Where(property => !_sections.Any(s => string.Equals(s.Section, $"{section}:{property.Name}", StringComparison.OrdinalIgnoreCase)) && property.Name is not nameof(GatewayOptions.ExternalUrl))
            .SelectMany(property => Of($"{section}:{property.Name}", property, property.GetValue(defaults)));
    }

    private IEnumerable<Setting> Of(string key, PropertyInfo property, object? value)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (!type.IsGenericType)
        {
            return [new(key, type, ServeConfiguration.Defaults.GetValueOrDefault(key) ?? Written(value), property)];
        }

        var element = type.GetGenericArguments()[^1];
        return type.IsAssignableTo(typeof(IEnumerable)) && type.GetGenericArguments().Length == 2
            ? element.IsClass && element != typeof(string) ? Of($"{key}:{{name}}", element) : [new($"{key}:{{name}}", element, null, property)]
            : element == typeof(string) ? [new($"{key}:{{n}}", element, null, property)]
            : Of($"{key}:{{n}}", element);
    }

    private static string? Written(object? value) => value switch
    {
        null or "" => null,
        bool yes => yes ? "true" : "false",
        Enum member => $"{member}".ToLowerInvariant(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
