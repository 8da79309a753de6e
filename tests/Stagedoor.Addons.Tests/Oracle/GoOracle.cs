using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stagedoor.Addons.Tests.Oracle;

/// <summary>The program in <c>Oracle/go</c>, built with the Go and the libraries that Debian packages.</summary>
internal sealed class GoOracle
{
    private const string Libraries = "/usr/share/gocode";

    private static readonly Lazy<GoOracle?> s_found = new(Build);
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _program;

    private GoOracle(string program) => _program = program;

    /// <summary>The oracle; <c>null</c> where it cannot be built.</summary>
    public static GoOracle? Find() => s_found.Value;

    public List<OracleAnswer> Ask(IReadOnlyCollection<OracleCase> cases)
    {
        using var process = Start(_program, "", OracleCase.Folder);
        var answers = new List<OracleAnswer>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } answer)
            {
                answers.Add(JsonSerializer.Deserialize<OracleAnswer>(answer)!);
            }
        };
        process.BeginOutputReadLine();
        foreach (var one in cases)
        {
            process.StandardInput.WriteLine(JsonSerializer.Serialize(new { template = one.Template, values = OracleCase.Values, strict = one.IsStrict }, s_json));
        }

        process.StandardInput.Close();

        // With what it wrote last.
        process.WaitForExit();
        return answers;
    }

    private static GoOracle? Build()
    {
        if (!Directory.Exists(Path.Combine(Libraries, "src/github.com/Masterminds/sprig")) || !Directory.Exists(Path.Combine(Libraries, "src/sigs.k8s.io/yaml")))
        {
            return null;
        }

        var folder = Directory.CreateTempSubdirectory("stagedoor-oracle-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        var program = Path.Combine(folder.FullName, "oracle");
        try
        {
            using var build = Start("go", $"build -o {program} .", Path.Combine(OracleCase.Folder, "go"));
            build.StandardInput.Close();
            build.BeginOutputReadLine();
            build.WaitForExit();
            return build.ExitCode == 0 ? new(program) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static Process Start(string program, string arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["GO111MODULE"] = "off";
        start.Environment["GOPATH"] = Libraries;
        start.Environment["GOFLAGS"] = "";
        return Process.Start(start)!;
    }
}
