using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Xunit;

namespace Stagedoor.Addons.Tests.Charts;

/// <summary>Packages of type static: what is put into their files, and what is refused of them.</summary>
public sealed class StaticPackageTests
{
    private const string Values = "basic: {image: nginx, port: 8080, open: true, none: null}\ncustom: {log: {level: info}, text: \"8080\"}\nflavor: {replicas: 3, ratio: 0.5}\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("${basic.image}", "nginx")]
    [InlineData("${basic.port}", 8080.0)]
    [InlineData("${basic.open}", true)]
    [InlineData("${basic.none}", null)]
    [InlineData("${custom.text}", "8080")]
    [InlineData("${flavor.ratio}", 0.5)]
    [InlineData("a ${custom.log.level}, ${basic.port}/${flavor.ratio} ${basic.open}${basic.none}.", "a info, 8080/0.5 true.")]
    [InlineData("$${basic.image} ${basic.image}", "${basic.image} nginx")]
    [InlineData("$${HOME}", "${HOME}")]
    [InlineData("$HOME ${", "$HOME ${")]
    public async Task A_name_becomes_the_value_alone_with_its_type_and_within_text_as_text(string scalar, object? expected)
    {
        var rendered = await Static().Add("manifests/a.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nv: '{scalar}'\n").RenderAsync(Values, cancellationToken: Cancellation);

        var file = Assert.Single(rendered.Files);
        Assert.Equal("demo/manifests/a.yaml", file.Path);
        Assert.Equal(expected, ((GoMap)YamlReader.Read(file.Text)!)["v"]);
    }

    [Fact]
    public async Task Every_document_is_an_object_and_keys_and_other_expressions_stay()
    {
        const string Two = "# first\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {\"${basic.image}\": \"{{ .Values.x }}\"}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n";

        var objects = ReleaseManifests.Of(await Static().Add("manifests/a.yaml", Two).Add("manifests/sub/readme.md", "no").RenderAsync(Values, cancellationToken: Cancellation)).Objects;

        Assert.Equal(["b", "a"], objects.Select(static o => o.Name));
        Assert.Equal("{{ .Values.x }}", objects[1].Content.Table("data")!["${basic.image}"]);
    }

    [Theory]
    [InlineData("${custom.nothing}", "demo/manifests/a.yaml:4: v.w[0]: ${custom.nothing}: there is no such value")]
    [InlineData("x${custom.log.level.deep}", "demo/manifests/a.yaml:4: v.w[0]: ${custom.log.level.deep}: there is no such value")]
    [InlineData("${custom.log}", "demo/manifests/a.yaml:4: v.w[0]: ${custom.log}: the value is a map or a list, and only a scalar can be put in")]
    [InlineData("${HOME}", "demo/manifests/a.yaml:4: v.w[0]: ${HOME}: only values of basic, custom and flavor can be named; $${ stands for ${ itself")]
    [InlineData("${custom}", "demo/manifests/a.yaml:4: v.w[0]: ${custom}: only values of basic, custom and flavor can be named; $${ stands for ${ itself")]
    public async Task A_name_without_a_value_is_told_with_its_file_and_place(string scalar, string message)
    {
        var chart = Static().Add("manifests/a.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nv: {{w: ['{scalar}']}}\n");

        var fault = await Assert.ThrowsAsync<TemplateException>(() => chart.RenderAsync(Values, cancellationToken: Cancellation));

        Assert.Equal((message, "demo/manifests/a.yaml", 4), (fault.Message, fault.File, fault.Line));
    }

    [Fact]
    public async Task The_processes_become_one_object_with_the_hashes_of_their_files()
    {
        var chart = Static().Add("files/run.sh", "#!/bin/sh\n").Add("process.yaml",
            """
            services:
            - name: web
              command: [files/run.sh, --level, "${custom.log.level}", 5]
              ports: ["${basic.port}"]
              env: {LEVEL: "${custom.log.level}", COUNT: 3}
              restart: on-failure
              healthcheck: {http: "http://127.0.0.1:${basic.port}/", interval: 500ms, timeout: 2, retries: 4}
            - name: job
              command: [/bin/true]
              restart: no
              dependsOn: [web]
            """);

        var file = Assert.Single((await chart.RenderAsync(Values, cancellationToken: Cancellation)).Files);

        var content = (GoMap)YamlReader.Read(file.Text)!;
        Assert.Equal(("demo/process.yaml", "stagedoor.io/v1", "ProcessSet", "rel"), (file.Path, content.Text("apiVersion"), content.Text("kind"), content.Table("metadata")!.Text("name")));
        var set = ProcessSet.Read(content.Table("spec")!);
        Assert.Equal("a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf", set.Files["files/run.sh"]);
        var web = set.Services[0];
        Assert.Equal(["files/run.sh", "--level", "info", "5"], web.Command);
        Assert.Equal([8080], web.Ports);
        Assert.Equal(("info", "3", "on-failure"), (web.Env["LEVEL"], web.Env["COUNT"], web.Restart));
        Assert.Equal(
            ("http://127.0.0.1:8080/", TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2), 4),
            (web.Health!.Http, web.Health.Interval, web.Health.Timeout, web.Health.Retries));
        Assert.Equal(("no", "web"), (set.Services[1].Restart, Assert.Single(set.Services[1].DependsOn)));
    }

    [Fact]
    public async Task Values_that_make_a_process_impossible_fail_the_render()
    {
        var chart = Static().Add("process.yaml", "services: [{name: a, command: [/bin/true], ports: ['${custom.log.level}']}]");

        var fault = await Assert.ThrowsAsync<TemplateException>(() => chart.RenderAsync(Values, cancellationToken: Cancellation));

        Assert.Equal("demo/process.yaml: services[0].ports: has to be a list of numbers from 1 to 65535", fault.Message);
    }

    [Theory]
    [InlineData("{}", "services has to be a list of 1 to 50")]
    [InlineData("{services: [], more: 1}", "there is no member more; services is known")]
    [InlineData("services: [a]", "services[0]: is no map")]
    [InlineData("services: [{command: [/bin/true]}]", "services[0].name: is missing")]
    [InlineData("services: [{name: A, command: [/bin/true]}]", "services[0].name: has to be 1-63 of a-z, 0-9 and '-'")]
    [InlineData("services: [{name: a, comand: [/bin/true]}]", "services[0]: there is no member comand; name, command, env, cwd, ports, healthcheck, restart, dependsOn are known")]
    [InlineData("services: [{name: a}]", "services[0].command: has to be a list of the program and its arguments")]
    [InlineData("services: [{name: a, command: /bin/true}]", "services[0].command: has to be a list of at most 256 texts")]
    [InlineData("services: [{name: a, command: [/bin/echo, {a: b}]}]", "services[0].command: has to be a list of texts")]
    [InlineData("services: [{name: a, command: [\"/bin/echo\", \"a\\0b\"]}]", "services[0].command: has to be a text of at most 32768 characters without U+0000")]
    [InlineData("services: [{name: a, command: [true]}]", "services[0].command[0]: has to be an absolute path, or one of the package below files/")]
    [InlineData("services: [{name: a, command: [files/../x]}]", "services[0].command[0]: has to be an absolute path, or one of the package below files/")]
    [InlineData("services: [{name: a, command: [files/none]}]", "services[0].command[0]: the package has no file files/none")]
    [InlineData("services: [{name: a, command: [/bin/true], env: {STAGEDOOR_ADDON: x}}]", "services[0].env: STAGEDOOR_ADDON is no name of a variable, or begins with STAGEDOOR_, which is kept")]
    [InlineData("services: [{name: a, command: [/bin/true], env: {A: [1]}}]", "services[0].env.A: has to be a text")]
    [InlineData("services: [{name: a, command: [/bin/true], cwd: ../../etc}]", "services[0].cwd: has to be a path without '..'")]
    [InlineData("services: [{name: a, command: [/bin/true], ports: [0]}]", "services[0].ports: has to be a list of numbers from 1 to 65535")]
    [InlineData("services: [{name: a, command: [/bin/true], restart: sometimes}]", "services[0].restart: has to be always, on-failure or no")]
    [InlineData("services: [{name: a, command: [/bin/true]}, {name: a, command: [/bin/true]}]", "services[1].name: a is there twice")]
    [InlineData("services: [{name: a, command: [/bin/true], ports: [80]}, {name: b, command: [/bin/true], ports: [80]}]", "services[1].ports: 80 is also a port of a")]
    [InlineData("services: [{name: a, command: [/bin/true], dependsOn: [b]}]", "services[0].dependsOn: there is no service b")]
    [InlineData("services: [{name: a, command: [/bin/true], dependsOn: [b]}, {name: b, command: [/bin/true], dependsOn: [a]}]", "dependsOn goes in a circle: a, b")]
    [InlineData("services: [{name: a, command: [/bin/true], healthcheck: {}}]", "services[0].healthcheck: has to have one of http, tcp and exec")]
    [InlineData("services: [{name: a, command: [/bin/true], healthcheck: {http: 'http://127.0.0.1/', tcp: 1}}]", "services[0].healthcheck: has to have one of http, tcp and exec")]
    [InlineData("services: [{name: a, command: [/bin/true], healthcheck: {http: 'http://10.0.0.1/'}}]", "services[0].healthcheck.http: has to be an address of this machine, such as http://127.0.0.1:8000/healthz")]
    [InlineData("services: [{name: a, command: [/bin/true], healthcheck: {http: 'file:///etc/passwd'}}]", "services[0].healthcheck.http: has to be an address of this machine, such as http://127.0.0.1:8000/healthz")]
    [InlineData("services: [{name: a, command: [/bin/true], healthcheck: {tcp: db:5432}}]", "services[0].healthcheck.tcp: has to be a port of this machine, from 1 to 65535")]
    [InlineData("services: [{name: a, command: [/bin/true], healthcheck: {exec: [ls]}}]", "services[0].healthcheck.exec[0]: has to be an absolute path, or one of the package below files/")]
    [InlineData("services: [{name: a, command: [/bin/true], healthcheck: {tcp: 1, interval: 1ms}}]", "services[0].healthcheck.interval: has to be a time from 100ms to 60m, such as 5s")]
    [InlineData("services: [{name: a, command: [/bin/true], healthcheck: {tcp: 1, retries: 0}}]", "services[0].healthcheck.retries: has to be a number from 1 to 100")]
    [InlineData("services: [{name: a, command: [/bin/echo, '${HOME}']}]", ":1: services[0].command[1]: ${HOME}: only values of basic, custom and flavor can be named; $${ stands for ${ itself")]
    [InlineData("- a", "it is no map")]
    public void Publishing_refuses_processes_that_cannot_be_run(string processes, string problem)
    {
        var fault = Assert.Throws<FormatException>(() => Read(("process.yaml", processes)));

        Assert.Equal($"demo/process.yaml{(problem.StartsWith(':') ? "" : ": ")}{problem}", fault.Message);
    }

    [Fact]
    public void Publishing_takes_what_values_will_decide()
    {
        var contents = Read(("process.yaml",
            "services: [{name: a, command: ['${custom.program}'], ports: ['${custom.port}'], cwd: '${custom.dir}', restart: '${custom.r}', healthcheck: {tcp: '${custom.port}', interval: '${custom.i}', retries: '${custom.n}'}}]"));

        Assert.True(contents.Chart.IsStatic);
    }

    [Theory]
    [InlineData("templates/a.yaml", "templates/a.yaml: a package of type static has no templates; its objects are in manifests/")]
    [InlineData("files/a", "addon.yaml: a package of type static has manifests/*.yaml or process.yaml, and this one has neither")]
    [InlineData("manifests/a.yaml", "demo/manifests/a.yaml: yaml: ")]
    public void Publishing_refuses_a_package_of_the_wrong_parts(string path, string problem) =>
        Assert.StartsWith(problem, Assert.Throws<FormatException>(() => Read((path, "a: [\n"))).Message, StringComparison.Ordinal);

    [Fact]
    public void What_cannot_be_installed_in_any_way_is_refused_without_checks_too() =>
        Assert.Throws<FormatException>(() => Read(false, ("templates/a.yaml", "a: b")));

    private static ChartBuilder Static() => new ChartBuilder().Add("addon.yaml", "type: static\n");

    private static PackageContents Read(params (string Path, string Text)[] files) => Read(true, files);

    private static PackageContents Read(bool isLinted, params (string Path, string Text)[] files)
    {
        var all = files.Concat([("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n"), ("addon.yaml", "type: static\n")]);
        return PackageContents.Read(all.ToDictionary(static f => f.Item1, static f => System.Text.Encoding.UTF8.GetBytes(f.Item2), StringComparer.Ordinal), isLinted);
    }
}
