using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>The processes of a release, as its one object says them.</summary>
/// <param name="Services">The processes.</param>
/// <param name="Files">The files of the package that they may run and read: path and SHA-256.</param>
internal sealed partial record ProcessSet(IReadOnlyList<ServiceSpec> Services, IReadOnlyDictionary<string, string> Files)
{
    public const string ApiVersion = "stagedoor.io/v1";
    public const string Kind = "ProcessSet";
    public const string FileName = "process.yaml";
    public const string FilesFolder = "files/";

    private const int MaxServices = 50;
    private const int MaxItems = 256;
    private const int MaxText = 32 * 1024;
    private const int MaxPorts = 32;
    private const int MaxRetries = 100;

    private static readonly string[] s_members = ["name", "command", "env", "cwd", "ports", "healthcheck", "restart", "dependsOn"];
    private static readonly string[] s_healthMembers = ["http", "tcp", "exec", "interval", "timeout", "retries"];

    public static bool Is(ObjectId id) => id is { Group: "stagedoor.io", Kind: Kind };

    /// <summary>Refuses a plan with processes in a cluster that runs none.</summary>
    /// <exception cref="DriverRejectedException">There are some.</exception>
    public static void Refuse(ReleasePlan plan, string driver)
    {
        if (plan.All.FirstOrDefault(static o => Is(o.Id)) is { } found)
        {
            throw new DriverRejectedException(Reasons.ApplyRejected, $"{found.Id} is for clusters with the driver process, and this one has the driver {driver}.");
        }
    }

    /// <summary>The processes of a plan, which may hold nothing else.</summary>
    /// <exception cref="DriverRejectedException">It holds something else, or more than one such object, or one that is not what it has to be.</exception>
    public static ProcessSet Of(ReleasePlan plan)
    {
        var all = plan.All.ToList();
        if (all.Find(static o => !Is(o.Id)) is { } other)
        {
            throw new DriverRejectedException(Reasons.ApplyRejected, $"{other.Id} is nothing that the driver process can run; it takes one {Kind} alone, which packages of type static have.");
        }

        if (plan.Hooks.Count > 0 || all.Count != 1)
        {
            throw new DriverRejectedException(Reasons.ApplyRejected, $"The driver process takes one {Kind} alone, and the release has {all.Count + plan.Hooks.Count} objects.");
        }

        try
        {
            return Read(all[0].Content.Table("spec") ?? throw new FormatException("spec is missing"));
        }
        catch (FormatException e)
        {
            throw new DriverRejectedException(Reasons.ApplyRejected, $"{all[0].Id}: {e.Message}", e);
        }
    }

    /// <exception cref="FormatException">It is none; the message names the place.</exception>
    public static ProcessSet Read(GoMap spec)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in spec.List("files").OfType<GoMap>())
        {
            var (path, hash) = (file.Text("path"), file.Text("sha256"));
            if (!IsFilePath(path) || !Hashes().IsMatch(hash))
            {
                throw new FormatException("files: one has no path below files/, or no hash");
            }

            files[path] = hash;
        }

        return new(ReadServices(spec, [.. files.Keys], isOpen: false), files);
    }

    /// <summary>Reads the member <c>services</c>.</summary>
    /// <param name="map">Where it is.</param>
    /// <param name="files">The files that the package has.</param>
    /// <param name="isOpen">Whether texts that name values are taken for whatever they have to be.</param>
    /// <exception cref="FormatException">It is not what it has to be; the message names the place.</exception>
    public static IReadOnlyList<ServiceSpec> ReadServices(GoMap map, IReadOnlyCollection<string> files, bool isOpen)
    {
        if (map.Keys.FirstOrDefault(static k => k is not ("services" or "files")) is { } unknown)
        {
            throw new FormatException($"there is no member {Stagedoor.Text.Cut(unknown, 100)}; services is known");
        }

        if (map.GetValueOrDefault("services") is not GoList { Count: > 0 and <= MaxServices } list)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"services has to be a list of 1 to {MaxServices}"));
        }

        var services = list.Select((item, i) => new SpecReading($"services[{i.ToString(CultureInfo.InvariantCulture)}]", isOpen).Service(item, files)).ToList();
        var ports = new Dictionary<int, string>();
        for (var i = 0; i < services.Count; i++)
        {
            var service = services[i];
            if (services.FindIndex(s => string.Equals(s.Name, service.Name, StringComparison.Ordinal)) != i)
            {
                throw new FormatException($"services[{i}].name: {service.Name} is there twice");
            }

            if (service.DependsOn.FirstOrDefault(d => services.TrueForAll(s => !string.Equals(s.Name, d, StringComparison.Ordinal))) is { } missing)
            {
                throw new FormatException($"services[{i}].dependsOn: there is no service {missing}");
            }

            foreach (var port in service.Ports)
            {
                if (!ports.TryAdd(port, service.Name))
                {
                    throw new FormatException($"services[{i}].ports: {port} is also a port of {ports[port]}");
                }
            }
        }

        RequireNoCycle(services);
        return services;
    }

    /// <summary>Whether a path names a file of a package below <c>files/</c>.</summary>
    public static bool IsFilePath(string path) => path.StartsWith(FilesFolder, StringComparison.Ordinal)
        && path.Length is > 6 and <= 1024 && !path.Split('/').Any(static p => p is "" or "." or "..") && !path.Contains('\\', StringComparison.Ordinal) && Stagedoor.Text.IsStorable(path) && !path.Any(char.IsControl);

    private static void RequireNoCycle(List<ServiceSpec> services)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        while (done.Count < services.Count)
        {
            var next = services.Where(s => !done.Contains(s.Name) && s.DependsOn.All(done.Contains)).Select(static s => s.Name).ToList();
            if (next.Count == 0)
            {
                throw new FormatException($"dependsOn goes in a circle: {string.Join(", ", services.Select(static s => s.Name).Where(n => !done.Contains(n)))}");
            }

            done.UnionWith(next);
        }
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Hashes();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex ServiceNames();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex VariableNames();

    [GeneratedRegex(@"^([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Durations();

    // Reads one service; what is said where values are not known yet stands for itself.
    private readonly struct SpecReading(string at, bool isOpen)
    {
        public ServiceSpec Service(object? item, IReadOnlyCollection<string> files)
        {
            var map = item as GoMap ?? throw Wrong("", "is no map");
            RequireKnown(map, s_members, "");
            var name = Text(map, "name", required: true);
            if (!IsOpen(name) && !ServiceNames().IsMatch(name))
            {
                throw Wrong("name", "has to be 1-63 of a-z, 0-9 and '-'");
            }

            var restart = map.GetValueOrDefault("restart") switch
            {
                null => ServiceSpec.Always,

                // YAML takes a bare no for a truth.
                false => ServiceSpec.No,
                string text when IsOpen(text) || text is ServiceSpec.Always or ServiceSpec.OnFailure or ServiceSpec.No => text,
                _ => throw Wrong("restart", "has to be always, on-failure or no"),
            };
            return new()
            {
                Name = name,
                Command = Command(map, "command", files),
                Env = Environment(map),
                Cwd = Folder(Text(map, "cwd", required: false)),
                Ports = Ports(map),
                Health = Health(map, files),
                Restart = restart,
                DependsOn = Texts(map, "dependsOn"),
            };
        }

        private bool IsOpen(string text) => isOpen && StaticText.IsOpen(text);

        private List<string> Command(GoMap map, string member, IReadOnlyCollection<string> files)
        {
            var command = Texts(map, member);
            if (command.Count == 0)
            {
                throw Wrong(member, "has to be a list of the program and its arguments");
            }

            if (IsOpen(command[0]) || (command[0].StartsWith('/') && !command[0].EndsWith('/')))
            {
                return command;
            }

            return !IsFilePath(command[0]) ? throw Wrong($"{member}[0]", "has to be an absolute path, or one of the package below files/")
                : files.Contains(command[0], StringComparer.Ordinal) ? command
                : throw Wrong($"{member}[0]", $"the package has no file {Stagedoor.Text.Cut(command[0], 200)}");
        }

        private Dictionary<string, string> Environment(GoMap map)
        {
            var env = new Dictionary<string, string>(StringComparer.Ordinal);
            var given = map.GetValueOrDefault("env") switch
            {
                null => [],
                GoMap { Count: <= MaxItems } all => all,
                _ => throw Wrong("env", $"has to be a map of at most {MaxItems}"),
            };
            foreach (var (name, value) in given)
            {
                if (!VariableNames().IsMatch(name) || name.StartsWith("STAGEDOOR_", StringComparison.Ordinal))
                {
                    throw Wrong("env", $"{Stagedoor.Text.Cut(name, 100)} is no name of a variable, or begins with STAGEDOOR_, which is kept");
                }

                env[name] = value is null ? "" : ScalarText(value) is { } text ? Storable(text, $"env.{name}") : throw Wrong($"env.{name}", "has to be a text");
            }

            return env;
        }

        private string Folder(string cwd) => !IsOpen(cwd) && (cwd.Split('/').Contains("..", StringComparer.Ordinal) || cwd.Contains('\\', StringComparison.Ordinal))
            ? throw Wrong("cwd", "has to be a path without '..'")
            : cwd;

        private List<int> Ports(GoMap map)
        {
            if ((map.GetValueOrDefault("ports") ?? new GoList()) is not GoList { Count: <= MaxPorts } list)
            {
                throw Wrong("ports", $"has to be a list of at most {MaxPorts}");
            }

            var ports = new List<int>();
            foreach (var item in list)
            {
                if (item is not string text || !IsOpen(text))
                {
                    ports.Add(Port(item) ?? throw Wrong("ports", "has to be a list of numbers from 1 to 65535"));
                }
            }

            return ports;
        }

        private HealthSpec? Health(GoMap map, IReadOnlyCollection<string> files)
        {
            if (map.GetValueOrDefault("healthcheck") is not { } given)
            {
                return null;
            }

            var inner = new SpecReading($"{at}.healthcheck", isOpen);
            var check = given as GoMap ?? throw Wrong("healthcheck", "is no map");
            inner.RequireKnown(check, s_healthMembers, "");
            if (check.Keys.Count(static k => k is "http" or "tcp" or "exec") != 1)
            {
                throw Wrong("healthcheck", "has to have one of http, tcp and exec");
            }

            var health = new HealthSpec();
            return health with
            {
                Http = inner.Address(check),
                Tcp = check.GetValueOrDefault("tcp") switch
                {
                    null => null,
                    string text when inner.IsOpen(text) => 1,
                    var port => Port(port) ?? throw inner.Wrong("tcp", "has to be a port of this machine, from 1 to 65535"),
                },
                Exec = check.ContainsKey("exec") ? inner.Command(check, "exec", files) : null,
                Interval = inner.Time(check, "interval", health.Interval),
                Timeout = inner.Time(check, "timeout", health.Timeout),
                Retries = check.GetValueOrDefault("retries") switch
                {
                    null => health.Retries,
                    string text when inner.IsOpen(text) => health.Retries,
                    double and >= 1 and <= MaxRetries and var number when Math.Floor((double)number) == (double)number => (int)(double)number,
                    _ => throw inner.Wrong("retries", $"has to be a number from 1 to {MaxRetries}"),
                },
            };
        }

        private string? Address(GoMap check)
        {
            if (!check.ContainsKey("http"))
            {
                return null;
            }

            var text = Text(check, "http", required: true);
            return IsOpen(text) || (Uri.TryCreate(text, UriKind.Absolute, out var url) && string.Equals(url.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal) && url.UserInfo.Length == 0
                && (url.Host is "localhost" || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))))
                ? text
                : throw Wrong("http", "has to be an address of this machine, such as http://127.0.0.1:8000/healthz");
        }

        private TimeSpan Time(GoMap map, string member, TimeSpan without)
        {
            if (map.GetValueOrDefault(member) is not { } value || (value is string open && IsOpen(open)))
            {
                return without;
            }

            var match = Durations().Match(ScalarText(value) ?? "");
            var time = !match.Success ? TimeSpan.Zero : TimeSpan.FromSeconds(
                double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * match.Groups[2].Value switch { "ms" => 0.001, "m" => 60, _ => 1 });
            return time >= TimeSpan.FromMilliseconds(100) && time <= TimeSpan.FromHours(1)
                ? time
                : throw Wrong(member, "has to be a time from 100ms to 60m, such as 5s");
        }

        private static int? Port(object? value) => value switch
        {
            double number and >= 1 and <= 65_535 when Math.Floor(number) == number => (int)number,
            string text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65_535 => port,
            _ => null,
        };

        private List<string> Texts(GoMap map, string member)
        {
            if ((map.GetValueOrDefault(member) ?? new GoList()) is not GoList { Count: <= MaxItems } list)
            {
                throw Wrong(member, $"has to be a list of at most {MaxItems} texts");
            }

            var texts = new List<string>();
            foreach (var item in list)
            {
                texts.Add(Storable(ScalarText(item) ?? throw Wrong(member, "has to be a list of texts"), member));
            }

            return texts;
        }

        private string Text(GoMap map, string member, bool required)
        {
            var text = Storable(map.Text(member), member);
            return required && text.Length == 0 ? throw Wrong(member, "is missing") : text;
        }

        private string Storable(string text, string member) => text.Length <= MaxText && Stagedoor.Text.IsStorable(text)
            ? text
            : throw Wrong(member, $"has to be a text of at most {MaxText} characters without U+0000");

        private static string? ScalarText(object? value) => value is null or GoMap or GoList ? null : new GoMap { ["v"] = value }.Text("v");

        private void RequireKnown(GoMap map, string[] known, string member)
        {
            if (map.Keys.FirstOrDefault(k => !known.Contains(k, StringComparer.Ordinal)) is { } unknown)
            {
                throw Wrong(member, $"there is no member {Stagedoor.Text.Cut(unknown, 100)}; {string.Join(", ", known)} are known");
            }
        }

        private FormatException Wrong(string member, string reason) => new($"{at}{(member.Length > 0 ? "." : "")}{member}: {reason}");
    }
}
