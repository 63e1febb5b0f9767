print("helper_raises runs")
raise ValueError("while importing")
