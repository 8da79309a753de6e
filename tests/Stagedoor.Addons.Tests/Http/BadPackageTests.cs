using System.Formats.Tar;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Packages that are none, or would do harm: each is refused with the file and the reason.</summary>
public sealed class BadPackageTests(AddonSite site) : IClassFixture<AddonSite>
{
    private static readonly Dictionary<string, (Func<byte[]> Package, string[] Named)> s_bad = new(StringComparer.Ordinal)
    {
        ["no archive"] = (() => "no archive"u8.ToArray(), ["no tar in gzip"]),
        ["nothing"] = (() => [], ["no tar in gzip"]),
        ["cut off"] = (() => AddonSite.Chart("bad", "1.0.0")[..^40], ["content: "]),
        ["traversal"] = (() => AddonSite.Package(("bad/Chart.yaml", ""), ("bad/../../etc/passwd", "x")), ["bad/../../etc/passwd", "leads outside"]),
        ["backslashes"] = (() => AddonSite.Package(("bad/..\\..\\x", "x")), ["leads outside"]),
        ["absolute"] = (() => AddonSite.Package(("/etc/passwd", "x")), ["/etc/passwd", "absolute"]),
        ["symbolic link"] = (() => Linked(TarEntryType.SymbolicLink), ["bad/link", "symbolic links"]),
        ["hard link"] = (() => Linked(TarEntryType.HardLink), ["bad/link", "hard links"]),
        ["device"] = (() => AddonSite.Pack(static tar => tar.WriteEntry(new PaxTarEntry(TarEntryType.CharacterDevice, "bad/null"))), ["bad/null", "devices"]),
        ["large file"] = (() => AddonSite.Package(("bad/Chart.yaml", new string('x', (5 * 1024 * 1024) + 1))), ["bad/Chart.yaml", "at most 5242880 bytes"]),
        ["bomb by size"] = (() => AddonSite.Package(Enumerable.Range(0, 30).Select(static i => ($"bad/{i}", new string('x', 5 * 1024 * 1024)))), ["unpacks to more than"]),
        ["bomb by count"] = (() => AddonSite.Package(Enumerable.Range(0, 5001).Select(static i => ($"bad/{i}", ""))), ["at most 5000 files"]),
        ["two folders"] = (() => AddonSite.Package(("bad/Chart.yaml", ""), ("worse/Chart.yaml", "")), ["worse/Chart.yaml", "one top folder"]),
        ["no folder"] = (() => AddonSite.Package(("Chart.yaml", "")), ["Chart.yaml", "no folder"]),
        ["twice"] = (() => AddonSite.Package(("bad/Chart.yaml", ""), ("bad/Chart.yaml", "")), ["bad/Chart.yaml", "twice"]),
        ["no chart"] = (() => AddonSite.Package(("bad/values.yaml", "")), ["Chart.yaml file is missing"]),
        ["bad version"] = (() => AddonSite.Chart("bad", "one"), ["Chart.yaml", "semantic version"]),
        ["bad apiVersion"] = (() => AddonSite.Chart("bad", "1.0.0", ("Chart.yaml", "apiVersion: v7\nname: bad\nversion: 1.0.0\n")), ["Chart.yaml", "apiVersion"]),
        ["bad name"] = (() => AddonSite.Chart("Bad_Name", "1.0.0"), ["templateName"]),
        ["alias bomb"] = (() => AddonSite.Chart("bad", "1.0.0", ("values.yaml", "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n")), ["values.yaml"]),
        ["NaN"] = (() => AddonSite.Chart("bad", "1.0.0", ("values.yaml", "ratio: .nan\n")), ["values.yaml", "NaN"]),
        ["broken template"] = (() => AddonSite.Chart("bad", "1.0.0", ("templates/x.yaml", "{{ if }}")), ["templates/x.yaml"]),
        ["broken schema"] = (() => AddonSite.Chart("bad", "1.0.0", ("values.schema.json", """{"properties":{"a":{"pattern":"("}}}""")), ["values.schema.json"]),
        ["no schema"] = (() => AddonSite.Chart("bad", "1.0.0", ("values.schema.json", "{")), ["values.schema.json"]),
        ["library"] = (() => AddonSite.Chart("bad", "1.0.0", ("Chart.yaml", "apiVersion: v2\nname: bad\nversion: 1.0.0\ntype: library\n")), ["Chart.yaml", "library"]),
        ["missing dependency"] = (() => AddonSite.Chart("bad", "1.0.0", ("Chart.yaml", "apiVersion: v2\nname: bad\nversion: 1.0.0\ndependencies: [{name: other, version: 1.0.0}]\n")), ["Chart.yaml", "other"]),
        ["bad addon.yaml"] = (() => AddonSite.Chart("bad", "1.0.0", ("addon.yaml", "[1]")), ["addon.yaml"]),
        ["bad clusters"] = (() => AddonSite.Chart("bad", "1.0.0", ("addon.yaml", "supportVersions: [{clusterType: VirtualMachine, clusterVersion: [\"(\"]}]")), ["addon.yaml", "supportVersions"]),
        ["static: a name of no value"] = (() => Static(("manifests/a.yaml", "kind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: ${values.x}\n")), ["bad/manifests/a.yaml:4", "data.x", "${values.x}", "only values of basic, custom and flavor"]),
        ["static: a name without an end"] = (() => Static(("process.yaml", "services: [{name: web, command: [/bin/true, \"${custom}\"]}]\n")), ["bad/process.yaml:1", "${custom}"]),
        ["static: no manifests"] = (() => Static(), ["addon.yaml", "manifests/*.yaml or process.yaml", "neither"]),
        ["static: templates"] = (() => Static(("templates/a.yaml", "kind: ConfigMap\n")), ["templates/a.yaml", "no templates"]),
        ["static: no YAML"] = (() => Static(("manifests/a.yaml", "a: [\n")), ["bad/manifests/a.yaml"]),
        ["static: no services"] = (() => Static(("process.yaml", "services: []\n")), ["bad/process.yaml", "services"]),
        ["static: no command"] = (() => Static(("process.yaml", "services: [{name: web}]\n")), ["bad/process.yaml", "command"]),
        ["static: a file that is not there"] = (() => Static(("process.yaml", "services: [{name: web, command: [files/none]}]\n")), ["bad/process.yaml", "files/none"]),
        ["static: a circle"] = (() => Static(("process.yaml", "services: [{name: a, command: [/bin/true], dependsOn: [b]}, {name: b, command: [/bin/true], dependsOn: [a]}]\n")), ["bad/process.yaml", "dependsOn"]),
        ["back reference"] = (() => AddonSite.Chart("bad", "1.0.0", ("addon.yaml", "supportVersions: [{clusterType: VirtualMachine, clusterVersion: [\"(a+)+\\\\1$\"]}]")), ["addon.yaml", "supportVersions"]),
    };

    public static TheoryData<string> Names => [.. s_bad.Keys];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    [Provokes("SVCSTG.CCE-ADDONMGR.4000003")]
    public async Task A_bad_package_is_refused_with_the_file_and_the_reason(string name)
    {
        var (package, named) = s_bad[name];
        using var form = AddonSite.Form(package());
        using var response = await site.App.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);

        var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        var message = System.Text.Json.JsonElement.Parse(error.Body).GetProperty("message").GetString()!;
        Assert.StartsWith("content: ", message, StringComparison.Ordinal);
        Assert.All(named, n => Assert.Contains(n, message, StringComparison.Ordinal));
        Assert.Equal(0, site.App.Sabotage("addons").Count("addon_version"));
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(site.App.DataDirectory, "blobs", "uploads")), static f => Path.GetFileName(f).StartsWith("addons-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("parameters", "{", "parameters")]
    [InlineData("parameters", """{"labels":"x"}""", "parameters")]
    [InlineData("parameters", """{"labels":[""]}""", "labels")]
    [InlineData("parameters", """{"input":7}""", "input")]
    [InlineData("parameters", """{"supportVersions":[{"clusterType":"VirtualMachine","clusterVersion":["("]}]}""", "supportVersions")]
    [InlineData("logo", "text", "logo")]
    [InlineData("content", "again", "content")]
    [Provokes("SVCSTG.CCE-ADDONMGR.4000003")]
    public async Task A_bad_part_of_the_form_is_refused(string part, string value, string field)
    {
        using var form = AddonSite.Form(AddonSite.Chart("bad", "1.0.0"));
        form.Add(new ByteArrayContent(Encoding.UTF8.GetBytes(value)), part, part);
        using var response = await site.App.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);

        var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.Contains(field, System.Text.Json.JsonElement.Parse(error.Body).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.4000003")]
    public async Task A_package_above_the_limit_is_refused()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:MaxPackageBytes", "65536"));
        using var form = AddonSite.Form(new byte[65537]);
        using var response = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);

        var error = await response.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        Assert.Contains("at most 65536 bytes (Addons:MaxPackageBytes)", error.Body, StringComparison.Ordinal);
    }

    private static byte[] Static(params IEnumerable<(string Path, string Text)> files) => AddonSite.Package(
        files.Prepend(("addon.yaml", "type: static\n")).Prepend(("Chart.yaml", "apiVersion: v2\nname: bad\nversion: 1.0.0\n")).Select(static f => ($"bad/{f.Item1}", f.Item2)));

    private static byte[] Linked(TarEntryType type) => AddonSite.Pack(tar => tar.WriteEntry(new PaxTarEntry(type, "bad/link") { LinkName = "/etc/passwd" }));
}
