namespace SnakeHost.Tests.Isolation;

/// <summary>A client of the Debug Adapter Protocol: what an editor does that attaches to debugpy, stops at a line and goes on.</summary>
internal static class DebugClient
{
    /// <summary>Its arguments: the debugger's port, the file, the URL that leads there, the host, the line. Prints where it stopped, what <c>value * 2</c> was there, and the answer.</summary>
    public const string Script = """
        import json, socket, sys, threading, urllib.request

        port, file, url, host = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        reader = connection.makefile("rb")
        number = 0

        def send(command, **arguments):
            global number
            number += 1
            text = json.dumps({"seq": number, "type": "request", "command": command, "arguments": arguments}).encode()
            connection.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))

        def wait(kind, name):
            while True:
                length = int(reader.readline().split(b":")[1])
                reader.readline()
                message = json.loads(reader.read(length))
                if message["type"] == kind and message.get("command", message.get("event")) == name:
                    assert message.get("success", True), message
                    return message.get("body")

        def request():
            answer.append(urllib.request.urlopen(urllib.request.Request(url, headers={"Host": host})).read().decode())

        send("initialize", adapterID="test")
        wait("response", "initialize")
        send("attach", connect={"host": "127.0.0.1", "port": port}, justMyCode=False)
        wait("event", "initialized")
        send("setBreakpoints", source={"path": file}, breakpoints=[{"line": int(sys.argv[5])}])
        wait("response", "setBreakpoints")
        send("configurationDone")
        wait("response", "attach")
        answer = []
        thread = threading.Thread(target=request)
        thread.start()
        stopped = wait("event", "stopped")
        send("stackTrace", threadId=stopped["threadId"])
        frame = wait("response", "stackTrace")["stackFrames"][0]
        send("evaluate", expression="value * 2", frameId=frame["id"])
        print(frame["name"], wait("response", "evaluate")["result"], end=" ")
        send("setBreakpoints", source={"path": file}, breakpoints=[])
        wait("response", "setBreakpoints")
        send("continue", threadId=stopped["threadId"])
        thread.join()
        print(answer[0])
        send("disconnect")
        """;
}
